/* WinNT.h: winnt.h, for sources written where case does not matter. */
#include <winnt.h>
