/* WinError.h: winerror.h, for sources written where case does not matter. */
#include <winerror.h>
