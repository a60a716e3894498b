#pragma once
// Models and what trains them.
#include "lamina/models/model.hpp"
#include "lamina/models/saving.hpp"
#include "lamina/models/sequential.hpp"
