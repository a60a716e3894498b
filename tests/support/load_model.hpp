#pragma once
#include <lamina/models/load_model.hpp>

// For the tests of lamina/io: load_model, which instantiates every layer, optimizer, loss and metric, is compiled once, in
// io/register_formats.cpp.

#if !defined(LAMINA_TEST_LOAD_MODEL)
#define LAMINA_TEST_LOAD_MODEL extern template
#endif

namespace lamina {

namespace detail {
LAMINA_TEST_LOAD_MODEL decltype(compile_options_from_config<float>) compile_options_from_config<float>;
LAMINA_TEST_LOAD_MODEL decltype(compile_options_from_config<double>) compile_options_from_config<double>;
LAMINA_TEST_LOAD_MODEL decltype(restore_training<float>) restore_training<float>;
LAMINA_TEST_LOAD_MODEL decltype(restore_training<double>) restore_training<double>;
}  // namespace detail

LAMINA_TEST_LOAD_MODEL decltype(load_model<float>) load_model<float>;
LAMINA_TEST_LOAD_MODEL decltype(load_model<double>) load_model<double>;

}  // namespace lamina
