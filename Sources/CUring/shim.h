#pragma once
// First, because liburing.h asks for other features of glibc, with which fd_set differs from that of Swift's Glibc module.
#include <sys/types.h>
#include <liburing.h>
