/* Windows.h: windows.h, for sources written where case does not matter. */
#include <windows.h>
