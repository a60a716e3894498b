// What the tests of this folder share, compiled once: the formats of Keras's files, and load_model.
#include <lamina/io/keras.hpp>

#define LAMINA_TEST_LOAD_MODEL template
#include "support/load_model.hpp"
