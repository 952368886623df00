#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *nth(PyObject *self, PyObject *argument) {
    long n = PyLong_AsLong(argument);
    if (n == -1 && PyErr_Occurred()) return NULL;
    unsigned long long a = 0, b = 1;
    while (n-- > 0) {
        unsigned long long next = a + b;
        a = b;
        b = next;
    }
    return PyLong_FromUnsignedLongLong(a);
}

static PyMethodDef methods[] = {{"nth", nth, METH_O, "The nth number of Fibonacci."}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fib", NULL, -1, methods};

PyMODINIT_FUNC PyInit_fib(void) {
    return PyModule_Create(&module);
}
