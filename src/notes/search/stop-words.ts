/** Words of both languages, without marks, that say nothing of a text: a query means them only when it has no others. */
export const stopWords: ReadonlySet<string> = new Set(
  `a about above after again against all am an and any are as at be because been before being below between both but by
  can could did do does doing down during each few for from further had has have having he her here hers herself him
  himself his how i if in into is it its itself just many may me might more most much must my myself no nor not of off
  on once only or other our ours out over own same she should so some such than that the their theirs them themselves
  then there these they this those through to too under until up us very was we were what when where which while who
  whom why will with would you your yours s t d ll m re ve
  al algo algun alguna algunas alguno algunos ante antes aquel aquella aquellas aquello aquellos aqui asi aun aunque
  bajo bien cada casi como con contra cual cuales cualquier cuando cuanta cuantas cuanto cuantos cuya cuyas cuyo cuyos
  de debe deben debo del desde donde durante e el ella ellas ello ellos en entre era eran es esa esas ese eso esos esta
  estaba estado estan estar estas este esto estos fue fueron ha haber habia han hasta hay la las le les lo los mas me mi
  mis mucha muchas mucho muchos muy nada ni nos nosotros nuestra nuestras nuestro nuestros o os otra otras otro otros
  para pero poco por porque puede pueden puedo pues que quien quienes se sea sean segun ser si sido sin sobre son su sus
  suya suyas suyo suyos tal tales tambien tampoco tan tanto te tiene tienen toda todas todo todos tu tus u un una unas
  uno unos vosotros y ya yo`.split(/\s+/),
);
