#pragma once

// The one place that states the version: the build reads these lines.
#define LAMINA_VERSION_MAJOR 0
#define LAMINA_VERSION_MINOR 1
#define LAMINA_VERSION_PATCH 0
#define LAMINA_VERSION "0.1.0"
