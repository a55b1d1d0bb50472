// The library's one line of start-up code: it tells the floors below how to start a host when a program first needs one.
// No thread is started, and nothing is opened, before that.
void signalbox_library_loaded(void);

__attribute__((constructor)) static void loaded(void) { signalbox_library_loaded(); }
