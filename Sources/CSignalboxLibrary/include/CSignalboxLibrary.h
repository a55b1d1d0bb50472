#pragma once

/// Called when the library is loaded; SignalboxLibrary implements it.
void signalbox_library_loaded(void);
