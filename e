clang: error: no such file or directory: 'c.c'
clang: error: no input files
