// Variables that gdb.py prints in gdb.
#include <lamina/lamina.hpp>
#include <limits>

using namespace lamina;

void look(const Tensor<float>& argument) { static_cast<void>(argument.size()); }

int main() {
  const Shape scalar_shape, vector_shape{5}, matrix_shape{2, 3}, open_shape{None, 28, 28, 1};
  const Tensor<float> undefined, scalar(1.5F), matrix{{1, 2, 3}, {4, 5, 6.5}};
  const Tensor<double> cube = Tensor<double>::ones({2, 1, 2}), nothing = Tensor<double>::zeros({0, 3}),
                       large = Tensor<double>::zeros({100, 100});
  Tensor<float> changed{1, 2};
  const Variable<float> no_variable, kernel(matrix, "kernel"), frozen(Tensor<float>{7}, "bias", false);
  Dense layer(2, {.name = "fc"});
  layer.build({None, 1});
  const Variable<float> of_layer = layer.variables()[1];
  const Config none, yes = true, number = 3, real = 0.25, whole = 2.0, text = "a \"b\"",
                     infinite = std::numeric_limits<double>::infinity(), empty = Config::list();
  Config tree = Config::map();
  tree["units"] = 2;
  tree["rates"] = Config::list({0.1, nullptr});
  tree["name"] = "fc";
  const List<int> empty_list, list{1, 2, 3};
  look(changed);
  return 0;
}
