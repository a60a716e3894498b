#pragma once
// Models and what trains, saves and loads them.
#include "lamina/models/load_model.hpp"
#include "lamina/models/model.hpp"
#include "lamina/models/model_from_config.hpp"
#include "lamina/models/saving.hpp"
#include "lamina/models/sequential.hpp"
