#pragma once
// Every reader.
#include "lamina/data/csv.hpp"
#include "lamina/data/idx.hpp"
