/** A self-signed certificate for localhost and client.test, for the servers that tests start on loopback; it guards nothing. */
export const testCertificate = `
-----BEGIN CERTIFICATE-----
MIIBqDCCAU6gAwIBAgIUasvR71MCUUoRLhIlqpQIom5BecYwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzIxMjIxNFoYDzIxMjYxMDMw
MjEyMjE0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQfu6s/+T7rvAt7F6DptlnwzRzikuRMarEst7NM/mrzOasS5kUsYOe6
SgaEMk7GJZGwD+LxbIFNdWngBTfmjFZgo3wwejAdBgNVHQ4EFgQUofDScYjsU7j0
EwUxVl9OUGsvAEkwHwYDVR0jBBgwFoAUofDScYjsU7j0EwUxVl9OUGsvAEkwDwYD
VR0TAQH/BAUwAwEB/zAnBgNVHREEIDAegglsb2NhbGhvc3SCC2NsaWVudC50ZXN0
hwR/AAABMAoGCCqGSM49BAMCA0gAMEUCIQDCsCjKE41Y5B1dsGNbMAonuHg1pIfd
1ExoQ0+nqaqZkQIgMpb8wHnwz3OKxcdD6exa8DCRSdB2DJTKNr5dQJcHS3g=
-----END CERTIFICATE-----
`.trimStart();

export const testKey = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmpITP2WliPaNyBGW
UEmLMj85enpyuli7oT9PIDjj3EyhRANCAAQfu6s/+T7rvAt7F6DptlnwzRzikuRM
arEst7NM/mrzOasS5kUsYOe6SgaEMk7GJZGwD+LxbIFNdWngBTfmjFZg
-----END PRIVATE KEY-----
`.trimStart();
