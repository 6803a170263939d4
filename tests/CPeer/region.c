// Opening a region, checked in the order that LAYOUT.md asks for, and mapping it.
#include "shmbus.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Noreturn void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint32_t crc32c(const unsigned char *bytes, size_t count) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
        }
    }
    return ~crc;
}

static uint32_t u32(const unsigned char *header, int at) {
    uint32_t value;
    memcpy(&value, header + at, sizeof value);
    return value;
}

static uint64_t u64(const unsigned char *header, int at) {
    uint64_t value;
    memcpy(&value, header + at, sizeof value);
    return value;
}

static uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

static struct stat status(int descriptor) {
    struct stat found;
    if (fstat(descriptor, &found) != 0) {
        fail("fstat: %s", strerror(errno));
    }
    return found;
}

// No group is let in here.
static void check_owner(const struct stat *found, const char *what) {
    if (found->st_uid != geteuid() && found->st_uid != 0) {
        fail("the %s belongs to user %u", what, (unsigned)found->st_uid);
    }
    bool is_sticky = S_ISDIR(found->st_mode) && found->st_mode & S_ISVTX;
    if (found->st_mode & (S_IWGRP | S_IWOTH) && !is_sticky) {
        fail("others can write to the %s: mode %o", what, (unsigned)found->st_mode & 07777);
    }
}

/// Shares the lock on the first byte, which keeps those away who delete topics; false while one is at it.
static bool begin_use(int file) {
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    if (fcntl(file, F_OFD_SETLK, &lock) == 0) {
        return true;
    }
    if (errno != EAGAIN && errno != EACCES) {
        fail("F_OFD_SETLK: %s", strerror(errno));
    }
    return false;
}

static bool leads_to(int parent, const char *name, const struct stat *file) {
    struct stat found;
    return fstatat(parent, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && found.st_dev == file->st_dev && found.st_ino == file->st_ino;
}

/// Opens what a name leads to; -1 where it was deleted meanwhile, or is being deleted.
static int try_open(int parent, const char *name) {
    // Does nothing to what it finds: to open a pipe or a device may.
    int place = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (place < 0) {
        fail("the file: %s", strerror(errno));
    }
    struct stat found = status(place);
    if (!S_ISREG(found.st_mode)) {
        fail("not a regular file");
    }
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", place);
    int file = open(link, O_RDWR | O_CLOEXEC);
    if (file < 0) {
        fail("the file: %s", strerror(errno));
    }
    close(place);
    found = status(file);
    check_owner(&found, "file");
    if (!begin_use(file) || !leads_to(parent, name, &found)) {
        close(file);
        return -1;
    }
    return file;
}

static int open_file(const char *path) {
    char *directory = strdup(path);
    char *slash = strrchr(directory, '/');
    if (slash == NULL) {
        fail("a path with a directory is needed");
    }
    *slash = 0;
    int parent = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (parent < 0) {
        fail("the directory: %s", strerror(errno));
    }
    struct stat found = status(parent);
    check_owner(&found, "directory");
    int file;
    while ((file = try_open(parent, slash + 1)) < 0) {
        sched_yield(); // by the name anew: another file may have it now
    }
    close(parent);
    free(directory);
    return file;
}

static void check_header(struct endpoint *e) {
    unsigned char header[HEADER_SIZE];
    if (pread(e->file, header, sizeof header, 0) != sizeof header) {
        fail("too short for a header");
    }
    uint16_t major;
    memcpy(&major, header + 8, sizeof major);
    if (memcmp(header, "SHMBUS\r\n", 8) != 0) {
        fail("no magic");
    }
    if (major != 1) {
        fail("major version %u", major);
    }
    if (u32(header, 508) != crc32c(header, 508)) {
        fail("wrong checksum");
    }
    if (u64(header, 16) != 0) {
        fail("unknown required features");
    }
    uint64_t page = u32(header, 32);
    if (page != (uint64_t)sysconf(_SC_PAGESIZE)) {
        fail("pages of %llu bytes", (unsigned long long)page);
    }
    e->slots[PUBLISHER] = u32(header, 40);
    e->slots[SUBSCRIBER] = u32(header, 44);
    for (enum role role = PUBLISHER; role <= SUBSCRIBER; role++) {
        if (e->slots[role] < 1 || e->slots[role] > MAX_SLOTS) {
            fail("%u slots", e->slots[role]);
        }
    }
    e->capacity = u64(header, 64);
    if (e->capacity < page || e->capacity > (uint64_t)512 << 20 || (e->capacity & (e->capacity - 1)) != 0) {
        fail("a capacity of %llu", (unsigned long long)e->capacity);
    }
    e->table = round_up(1024, page);
    e->data = round_up(e->table + SLOT_SIZE * (uint64_t)(e->slots[PUBLISHER] + e->slots[SUBSCRIBER]), page);
    e->size = e->data + e->capacity;
    if (u32(header, 12) != HEADER_SIZE || u32(header, 36) != SLOT_SIZE || u64(header, 48) != e->table || u64(header, 56) != e->data ||
        u64(header, 72) != e->size) {
        fail("sizes or offsets that do not follow from the rest");
    }
    struct stat found = status(e->file);
    if ((uint64_t)found.st_size != e->size) {
        fail("a file of %lld bytes", (long long)found.st_size);
    }
    e->key = u64(header, 80);
    e->many = u32(header, 88) == 1;
    e->broadcast = u32(header, 92) == 1;
    e->overwrites = u32(header, 96) == 1;
    e->lag = u64(header, 128);
    bool evicts = e->lag != 0;
    if (u32(header, 88) > 1 || e->many != (e->slots[PUBLISHER] > 1) || u32(header, 92) > 1 || u32(header, 96) > 1 ||
        (!e->broadcast && (e->slots[SUBSCRIBER] > 1 || e->overwrites || evicts)) || (e->overwrites && (e->many || evicts)) ||
        (evicts && (e->lag < e->capacity / 2 || e->lag > e->capacity))) {
        fail("producers, delivery or overflow that are not known here");
    }
    if (u64(header, 112) != 0 || u64(header, 120) != 0) {
        fail("lanes are not known here");
    }
    // To fill a hole later, with the disk full, is a SIGBUS.
    if ((uint64_t)found.st_blocks * 512 < e->size && fallocate(e->file, 0, 0, (off_t)e->size) != 0) {
        fail("fallocate: %s", strerror(errno));
    }
}

void open_region(struct endpoint *e, enum role role, const char *path) {
    if (strncmp(path, "unix:", 5) == 0) {
        receive_region(e, role, path + 5);
    } else {
        e->file = open_file(path);
    }
    check_header(e);
    e->base = mmap(NULL, e->data + 2 * e->capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (e->base == MAP_FAILED ||
        mmap(e->base, e->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, e->file, 0) == MAP_FAILED ||
        mmap(e->base + e->size, e->capacity, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, e->file, (off_t)e->data) == MAP_FAILED) {
        fail("mmap: %s", strerror(errno));
    }
}
