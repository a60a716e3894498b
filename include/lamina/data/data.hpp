#pragma once
// Every reader and writer.
#include "lamina/data/csv.hpp"
#include "lamina/data/idx.hpp"
#include "lamina/data/npy.hpp"
#include "lamina/data/npz.hpp"
