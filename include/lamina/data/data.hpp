#pragma once
// All readers and writers of data files: CSV, IDX (MNIST), NPY and NPZ. Not included are batches.hpp, which lamina.hpp
// includes, and dataset.hpp, the input pipeline, which starts threads.
#include "lamina/data/csv.hpp"
#include "lamina/data/idx.hpp"
#include "lamina/data/npy.hpp"
#include "lamina/data/npz.hpp"
