#pragma once
// First, because liburing.h asks for other features of glibc, with which fd_set differs from that of Swift's Glibc module.
#include <sys/types.h>
// The kernel's, before liburing's copy of it, which has the same guard: swift-system's module has the kernel's, too, and
// one program may not see both.
#include <linux/io_uring.h>
#include <liburing.h>
