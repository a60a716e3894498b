#pragma once
// Models: functional, subclassed and Sequential ones, saving and loading. Leaves out models/plot.hpp, which calls other
// programs, and models/weights_file.hpp, which registers the format .npz.
#include "lamina/models/load_model.hpp"
#include "lamina/models/model.hpp"
#include "lamina/models/model_from_config.hpp"
#include "lamina/models/saving.hpp"
#include "lamina/models/sequential.hpp"
