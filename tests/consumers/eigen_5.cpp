// The program of linear_fit.cpp, which must be compiled with the headers of Eigen 5.
#include "linear_fit.cpp"

static_assert(EIGEN_MAJOR_VERSION == 5);
