// What Swift's Glibc module leaves out: epoll, and the GNU search for bytes in bytes.
#ifndef COVEY_BENCH_EPOLL_H
#define COVEY_BENCH_EPOLL_H

#include <stddef.h>
#include <sys/epoll.h>

void *memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);

#endif
