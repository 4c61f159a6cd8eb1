import type { RequestListener } from 'node:http';

/** Lets requests wait for the app. */
export interface Gate {
  readonly handle: RequestListener;
  /** Resolves with the first request. */
  readonly asked: Promise<void>;
  isOpen(): boolean;
  open(app: RequestListener): void;
}

/** With sockets passed in, requests arrive before the app exists: they wait for it. */
export function createGate(): Gate {
  let app: RequestListener | undefined;
  let open: (app: RequestListener) => void = () => {};
  const opened = new Promise<RequestListener>((resolve) => {
    open = resolve;
  });
  let ask: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  return {
    asked,
    isOpen: () => app !== undefined,
    open: (listener) => {
      app = listener;
      open(listener);
    },
    handle: (request, response) => {
      ask();
      if (app !== undefined) app(request, response);
      else void opened.then((listener) => listener(request, response));
    },
  };
}
