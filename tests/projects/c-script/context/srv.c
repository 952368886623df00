#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
int main(int c, char **v) { char b[4096], body[256] = ""; FILE *f = fopen(v[1], "r"); if (!f) { perror(v[1]); return 1; } fgets(body, 256, f);
 int s = socket(AF_INET, SOCK_STREAM, 0), o = 1; setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &o, 4); struct sockaddr_in a = {AF_INET, htons(7070), {0}}; if (bind(s, (void*)&a, sizeof a)) return 2; listen(s, 9);
 for (;;) { int k = accept(s, 0, 0); read(k, b, 4096); dprintf(k, "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body); close(k); } }
