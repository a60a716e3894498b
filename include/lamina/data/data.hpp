#pragma once
// All readers and writers of data files: CSV, IDX (MNIST), NPY and NPZ. Not included: batches.hpp and dataset.hpp,
// which training includes.
#include "lamina/data/csv.hpp"
#include "lamina/data/idx.hpp"
#include "lamina/data/npy.hpp"
#include "lamina/data/npz.hpp"
