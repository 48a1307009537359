/* A listener for tests under Wine: it listens on a free port of 127.0.0.1,
   prints it, and waits. */
#include <winsock2.h>
#include <stdio.h>

int main(void) {
  WSADATA data;
  struct sockaddr_in at = {.sin_family = AF_INET};
  int length = sizeof at;
  DWORD pending, got;
  SOCKET s;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return 1;
  s = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(s, (struct sockaddr *)&at, sizeof at) != 0 || listen(s, 5) != 0) return 1;
  if (getsockname(s, (struct sockaddr *)&at, &length) != 0) return 1;
  /* Wine 8 names a socket's process only after one such call. */
  WSAIoctl(s, FIONREAD, NULL, 0, &pending, sizeof pending, &got, NULL, NULL);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  Sleep(10 * 60 * 1000);
  return 0;
}
