#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <systemd/sd-event.h>
