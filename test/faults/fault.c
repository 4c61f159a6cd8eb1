/*
 * Makes one call go wrong: counts the libc calls on paths and descriptors below FAULT_DIR, and lets those from the Nth on
 * fail, be done and reported as failed, be reported as done, be short or slow, or kills the process there. A test steers it through the file
 * FAULT_CTL, see fault-control.ts. Node does its file work in threads, in an order that differs from run to run, so what
 * counts is the number of the call, not its path.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
  volatile int64_t at;    /* fire from this call on; 0 = never */
  volatile int64_t count; /* calls so far */
  volatile int64_t error; /* errno, or milliseconds of a delay */
  volatile int64_t mode;
  volatile int64_t times; /* how many calls in a row */
  volatile int64_t fired; /* how many it was */
  volatile int64_t mask;  /* kinds of calls that count, as bits; 0 = all */
  char last[64];          /* the last call that went wrong */
};
enum mode { FAIL, DONE_BUT_FAILED, KILL_BEFORE, KILL_AFTER, SHORT, DELAY, IGNORE };
enum kind { OPEN, WRITE, READ, RENAME, LINK, UNLINK, MKDIR, RMDIR, SYNC, STAT, CLOSE, CHMOD, CHOWN, UTIME, READDIR, READLINK };
enum verdict { GO_ON, NOT_DONE, THEN_FAIL, THEN_DIE, HALF, IGNORED };

static struct control *control;
static const char *folder;
static size_t folder_length;
static unsigned char below[65536];

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("FAULT_CTL");
  folder = getenv("FAULT_DIR");
  if (!path || !folder) return;
  folder_length = strlen(folder);
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR);
  if (fd < 0) return;
  control = mmap(0, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (control == MAP_FAILED) control = 0;
}

static int is_path(const char *path) {
  return control && path && !strncmp(path, folder, folder_length) && (!path[folder_length] || path[folder_length] == '/');
}
static int is_fd(int fd) { return control && fd >= 0 && fd < 65536 && below[fd]; }
static void remember(int fd, int is) { if (fd >= 0 && fd < 65536) below[fd] = (unsigned char)is; }
static void die(void) { syscall(SYS_kill, getpid(), SIGKILL); for (;;) pause(); }

static enum verdict judge(enum kind kind, const char *name) {
  if (control->mask && !(control->mask & (1L << kind))) return GO_ON;
  int64_t count = __sync_add_and_fetch(&control->count, 1);
  if (!control->at || count < control->at || count >= control->at + (control->times ? control->times : 1)) return GO_ON;
  __sync_add_and_fetch(&control->fired, 1);
  snprintf(control->last, sizeof control->last, "%s", name);
  switch (control->mode) {
    case FAIL: errno = (int)control->error; return NOT_DONE;
    case DONE_BUT_FAILED: return THEN_FAIL;
    case KILL_BEFORE: die(); return GO_ON;
    case KILL_AFTER: return THEN_DIE;
    case SHORT: return HALF;
    case IGNORE: return IGNORED;
    case DELAY: {
      struct timespec pause = {control->error / 1000, (control->error % 1000) * 1000000};
      nanosleep(&pause, 0);
    }
  }
  return GO_ON;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define CALL(type, applies, kind, name, call, half)                   \
  enum verdict verdict = (applies) ? judge(kind, name) : GO_ON;       \
  if (verdict == NOT_DONE) return (type)-1;                           \
  if (verdict == HALF) return half;                                   \
  if (verdict == IGNORED) return 0;                                   \
  type result = call;                                                 \
  if (verdict == THEN_DIE) die();                                     \
  if (verdict == THEN_FAIL) { errno = (int)control->error; return (type)-1; } \
  return result

static int do_open(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  int is = is_path(path);
  enum verdict verdict = is ? judge(OPEN, flags & O_CREAT ? "open to create" : "open") : GO_ON;
  if (verdict == NOT_DONE) return -1;
  int fd = real(path, flags, mode);
  if (verdict == THEN_DIE) die();
  if (verdict == THEN_FAIL && fd >= 0) { syscall(SYS_close, fd); errno = (int)control->error; return -1; }
  remember(fd, is);
  return fd;
}
#define OPENS(name) int name(const char *path, int flags, ...) { REAL(name); va_list rest; va_start(rest, flags); \
  mode_t mode = va_arg(rest, mode_t); va_end(rest); return do_open((int (*)(const char *, int, ...))real, path, flags, mode); }
OPENS(open)
OPENS(open64)

static int do_close(int fd, int (*real)(int)) {
  int is = is_fd(fd);
  remember(fd, 0);
  enum verdict verdict = is ? judge(CLOSE, "close") : GO_ON;
  int result = real(fd);
  if (verdict == THEN_DIE) die();
  if (verdict == NOT_DONE || verdict == THEN_FAIL) { errno = (int)control->error; return -1; }
  return result;
}
int close(int fd) { REAL(close); return do_close(fd, real); }

ssize_t write(int fd, const void *bytes, size_t size) { REAL(write); CALL(ssize_t, is_fd(fd), WRITE, "write", real(fd, bytes, size), real(fd, bytes, size > 7 ? size / 2 : size)); }
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) { REAL(pwrite64); CALL(ssize_t, is_fd(fd), WRITE, "pwrite", real(fd, bytes, size, at), real(fd, bytes, size > 7 ? size / 2 : size, at)); }
ssize_t writev(int fd, const struct iovec *parts, int count) { REAL(writev); CALL(ssize_t, is_fd(fd), WRITE, "writev", real(fd, parts, count), write(fd, parts[0].iov_base, parts[0].iov_len / 2)); }
ssize_t read(int fd, void *bytes, size_t size) { REAL(read); CALL(ssize_t, is_fd(fd), READ, "read", real(fd, bytes, size), real(fd, bytes, size > 7 ? size / 2 : size)); }
ssize_t pread64(int fd, void *bytes, size_t size, off64_t at) { REAL(pread64); CALL(ssize_t, is_fd(fd), READ, "pread", real(fd, bytes, size, at), real(fd, bytes, size > 7 ? size / 2 : size, at)); }

#define ON_PATH(name, kind, signature, call) int name signature { REAL(name); CALL(int, is_path(path), kind, #name, call, call); }
ON_PATH(unlink, UNLINK, (const char *path), real(path))
ON_PATH(rmdir, RMDIR, (const char *path), real(path))
ON_PATH(mkdir, MKDIR, (const char *path, mode_t mode), real(path, mode))
ON_PATH(chmod, CHMOD, (const char *path, mode_t mode), real(path, mode))
ON_PATH(chown, CHOWN, (const char *path, uid_t user, gid_t group), real(path, user, group))
int rename(const char *path, const char *target) { REAL(rename); CALL(int, is_path(path) || is_path(target), RENAME, "rename", real(path, target), real(path, target)); }
int link(const char *path, const char *target) { REAL(link); CALL(int, is_path(path) || is_path(target), LINK, "link", real(path, target), real(path, target)); }
ssize_t readlink(const char *path, char *into, size_t size) { REAL(readlink); CALL(ssize_t, is_path(path), READLINK, "readlink", real(path, into, size), real(path, into, size)); }

#define ON_FD(name, kind, signature, call) int name signature { REAL(name); CALL(int, is_fd(fd), kind, #name, call, call); }
ON_FD(fsync, SYNC, (int fd), real(fd))
ON_FD(fdatasync, SYNC, (int fd), real(fd))
ON_FD(fchmod, CHMOD, (int fd, mode_t mode), real(fd, mode))
ON_FD(fchown, CHOWN, (int fd, uid_t user, gid_t group), real(fd, user, group))
ON_FD(futimens, UTIME, (int fd, const struct timespec times[2]), real(fd, times))

char *realpath(const char *path, char *into) {
  REAL(realpath);
  enum verdict verdict = is_path(path) ? judge(READLINK, "realpath") : GO_ON;
  if (verdict == NOT_DONE) return 0;
  char *result = real(path, into);
  if (verdict == THEN_DIE) die();
  if (verdict == THEN_FAIL) { errno = (int)control->error; return 0; }
  return result;
}
int scandir64(const char *path, struct dirent64 ***list, int (*filter)(const struct dirent64 *), int (*order)(const struct dirent64 **, const struct dirent64 **)) {
  REAL(scandir64);
  enum verdict verdict = is_path(path) ? judge(READDIR, "scandir") : GO_ON;
  if (verdict == NOT_DONE || verdict == THEN_FAIL) { errno = (int)control->error; return -1; }
  int result = real(path, list, filter, order);
  if (verdict == THEN_DIE) die();
  return result;
}

/* libuv stats by statx, through libc's or by itself, and closes by itself. */
static int is_stat(int fd, const char *path) { return path && path[0] ? is_path(path) : is_fd(fd); }
int statx(int fd, const char *restrict path, int flags, unsigned mask, struct statx *restrict into) {
  REAL(statx);
  CALL(int, is_stat(fd, path), STAT, path && path[0] ? "stat" : "fstat", real(fd, path, flags, mask, into), real(fd, path, flags, mask, into));
}
long syscall(long number, ...) {
  REAL(syscall);
  va_list rest;
  va_start(rest, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
  va_end(rest);
  if (control && number == SYS_statx) {
    const char *path = (const char *)a[1];
    CALL(long, is_stat((int)a[0], path), STAT, path && path[0] ? "stat" : "fstat", real(number, a[0], a[1], a[2], a[3], a[4]), 0);
  }
  if (control && number == SYS_close && is_fd((int)a[0])) {
    int fd = (int)a[0];
    remember(fd, 0);
    enum verdict verdict = judge(CLOSE, "close");
    long result = real(number, a[0]);
    if (verdict == THEN_DIE) die();
    if (verdict == NOT_DONE || verdict == THEN_FAIL) { errno = (int)control->error; return -1; }
    return result;
  }
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
