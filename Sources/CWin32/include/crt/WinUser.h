/* WinUser.h: winuser.h, for sources written where case does not matter. */
#include <winuser.h>
