/* Preloaded by a test: while the file named by FAILING_DISK exists, fsync fails as on a broken disk; FAILING_FOLDERS is for
   folders alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_marked(const char *name) {
  const char *mark = getenv(name);
  return mark != NULL && access(mark, F_OK) == 0;
}

static int is_folder(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

int fsync(int fd) {
  if (is_marked("FAILING_DISK") || (is_marked("FAILING_FOLDERS") && is_folder(fd))) {
    errno = EIO;
    return -1;
  }
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return real(fd);
}
