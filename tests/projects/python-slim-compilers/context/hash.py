from cffi import FFI

ffi = FFI()
ffi.cdef("unsigned long strlen(const char *);")
print(ffi.dlopen(None).strlen(b"slim"))
