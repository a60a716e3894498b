#pragma once
#include <lamina/lamina.hpp>
#include <string>

lamina::Sequential<float> line();                                // model.cpp
void fit_line(lamina::Sequential<float>& model);                 // data.cpp
bool same_after_saving(const lamina::Sequential<float>& model);  // weights.cpp
