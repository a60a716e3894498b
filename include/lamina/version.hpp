#pragma once

// The version of the library (semantic versioning). CMake reads it from these lines.
#define LAMINA_VERSION_MAJOR 0
#define LAMINA_VERSION_MINOR 1
#define LAMINA_VERSION_PATCH 0
#define LAMINA_VERSION "0.1.0"
