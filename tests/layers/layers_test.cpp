// Every layer in README.md's table is used in three ways: in a Sequential, after `|`, and called.
#include <fstream>
#include <set>
#include <sstream>

#include "support/expect.hpp"

using namespace lamina;

namespace {

/// Returns the names in a column of the first table below a heading. `Conv1D/2D` stands for Conv1D and Conv2D.
std::set<std::string> listed(const char* file, const std::string& heading, int column) {
  std::ifstream page(std::string(LAMINA_TEST_DATA_DIR) + "/../../" + file);
  std::set<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("##", 0) == 0) inside = line == heading;
    if (inside && line.rfind("|-", 0) == 0) {
      names.clear();  // of the head of the table
      continue;
    }
    if (!inside || line.rfind("| ", 0) != 0) {
      inside = inside && names.empty();
      continue;
    }
    std::istringstream cells(line.substr(1));
    std::string cell;
    for (int i = 0; i <= column; ++i) std::getline(cells, cell, '|');
    std::istringstream row(cell);
    for (std::string word; row >> word;) {
      if (word.back() == ',') word.pop_back();
      const std::size_t digit = word.find_first_of("123");
      if (digit == std::string::npos || word.find('/') == std::string::npos) {
        names.insert(word);
        continue;
      }
      const std::string ending = word.substr(word.rfind('/') + 3);  // suffix of all names: Conv1D/2D/3DTranspose
      for (std::size_t i = digit; i <= word.rfind('/') + 1; i += 3)
        names.insert(word.substr(0, digit) + word.substr(i, 2) + ending);
    }
  }
  return names;
}

std::set<std::string>& used() {
  static std::set<std::string> names;
  return names;
}

/// Compares the outputs of a layer in a Sequential, after `|`, and called, for an input of this shape. The three layers
/// are different objects.
void compare(const char* name, const Shape& shape, Sequential<float>&& chain, const SymbolicTensor<float>& input,
             const SymbolicTensor<float>& drawn, const std::function<Tensor<float>(const Tensor<float>&)>& call) {
  used().insert(name);
  Tensor<float> x = Tensor<float>::empty(shape);  // integers, also valid as categories
  for (Index i = 0; i < x.size(); ++i) x.mutable_data()[i] = static_cast<float>(i % 7);
  Model<float> graph(input, drawn);
  const Tensor<float> in_chain = chain.predict(x), in_graph = graph.predict(x), called = call(x);
  EXPECT_EQ(in_chain.shape(), in_graph.shape()) << name;
  EXPECT_EQ(in_chain.shape(), called.shape()) << name;
  EXPECT_EQ(chain.layers().size(), 1U) << name;
  EXPECT_EQ(graph.layers().size(), 2U) << name;
  EXPECT_EQ(chain.layers()[0]->class_name(), graph.layers()[1]->class_name()) << name;
  EXPECT_EQ(chain.count_params(), graph.count_params()) << name;
  if (chain.count_params() > 0) return;  // different random weights
  EXPECT_TRUE(expect::same(in_chain, in_graph)) << name;
  EXPECT_TRUE(expect::same(in_chain, called)) << name;
}

/// USE(Dense, (2), {5, 3}): the layer `Dense(2)` on inputs of shape (5, 3).
#define USE(Class, arguments, ...)                                                       \
  {                                                                                      \
    const Shape shape __VA_ARGS__;                                                       \
    const auto input = Input(shape.slice(1));                                            \
    compare(#Class, shape, Sequential{Class arguments}, input, input | Class arguments,  \
            [](const Tensor<float>& x) -> Tensor<float> { return Class arguments(x); }); \
  }
/// Like USE, for a layer with several inputs of one shape, which a Sequential cannot contain.
#define USE_ON_TWO(Class, arguments, ...)                                                            \
  {                                                                                                  \
    used().insert(#Class);                                                                           \
    const Shape shape __VA_ARGS__;                                                                   \
    const auto a = Input(shape.slice(1)), b = Input(shape.slice(1));                                 \
    Model<float> graph({a, b}, std::vector{a, b} | Class arguments);                                 \
    const Tensor<float> x = expect::scattered<float>(shape), y = expect::scattered<float>(shape, 1); \
    const Tensor<float> called = Class arguments({x, y});                                            \
    EXPECT_EQ(graph.predict({x, y}).shape(), called.shape()) << #Class;                              \
    Sequential chain{Class arguments};                                                               \
    EXPECT_EQ(chain.layers().size(), 1U) << #Class;                                                  \
  }

constexpr auto doubled = [](const auto& x) { return x * 2; };

void use_core_and_activations() {
  USE(Dense, (2), {5, 3})
  USE(EinsumDense, ("ab,bc->ac", 4), {5, 3})
  USE(Embedding, (7, 2), {5, 3})
  USE(Masking, (), {5, 3, 2})
  USE(Activation, ("relu"), {5, 3})
  USE(Lambda, (doubled), {5, 3})
  USE(Identity, (), {5, 3})
  USE(ReLU, (), {5, 3})
  USE(LeakyReLU, (), {5, 3})
  USE(PReLU, (), {5, 3})
  USE(ELU, (), {5, 3})
  USE(Softmax, (), {5, 3})
}

void use_input() {
  used().insert("Input");
  Sequential chain{Input({3}), Dense(2)};
  EXPECT_TRUE(chain.built());
  const auto x = Input({3});
  EXPECT_EQ((x | Dense(2)).shape(), (Shape{None, 2}));
}

void use_convolution_and_pooling() {
  USE(Conv1D, (2, 3), {2, 8, 3})
  USE(Conv2D, (2, 3), {2, 8, 8, 3})
  USE(Conv3D, (2, 3), {2, 5, 5, 5, 3})
  USE(Conv1DTranspose, (2, 3), {2, 8, 3})
  USE(Conv2DTranspose, (2, 3), {2, 8, 8, 3})
  USE(Conv3DTranspose, (2, 3), {2, 5, 5, 5, 3})
  USE(DepthwiseConv1D, (3), {2, 8, 3})
  USE(DepthwiseConv2D, (3), {2, 8, 8, 3})
  USE(SeparableConv1D, (2, 3), {2, 8, 3})
  USE(SeparableConv2D, (2, 3), {2, 8, 8, 3})
  USE(MaxPooling1D, (2), {2, 8, 3})
  USE(MaxPooling2D, (2), {2, 8, 8, 3})
  USE(MaxPooling3D, (2), {2, 4, 4, 4, 3})
  USE(AveragePooling1D, (2), {2, 8, 3})
  USE(AveragePooling2D, (2), {2, 8, 8, 3})
  USE(AveragePooling3D, (2), {2, 4, 4, 4, 3})
  USE(GlobalMaxPooling1D, (), {2, 8, 3})
  USE(GlobalMaxPooling2D, (), {2, 8, 8, 3})
  USE(GlobalMaxPooling3D, (), {2, 4, 4, 4, 3})
  USE(GlobalAveragePooling1D, (), {2, 8, 3})
  USE(GlobalAveragePooling2D, (), {2, 8, 8, 3})
  USE(GlobalAveragePooling3D, (), {2, 4, 4, 4, 3})
  USE(AdaptiveMaxPooling1D, (2), {2, 8, 3})
  USE(AdaptiveMaxPooling2D, (2), {2, 8, 8, 3})
  USE(AdaptiveMaxPooling3D, (2), {2, 4, 4, 4, 3})
  USE(AdaptiveAveragePooling1D, (2), {2, 8, 3})
  USE(AdaptiveAveragePooling2D, (2), {2, 8, 8, 3})
  USE(AdaptiveAveragePooling3D, (2), {2, 4, 4, 4, 3})
}

void use_recurrent() {
  USE(SimpleRNN, (2), {2, 4, 3})
  USE(LSTM, (2), {2, 4, 3})
  USE(GRU, (2), {2, 4, 3})
  USE(SimpleRNNCell, (2), {5, 3})
  USE(LSTMCell, (2), {5, 3})
  USE(GRUCell, (2), {5, 3})
  USE(StackedRNNCells, (GRUCell(2), LSTMCell(4)), {5, 3})
  USE(RNN, (LSTMCell(2)), {2, 4, 3})
  USE(Bidirectional, (LSTM(2)), {2, 4, 3})
  USE(TimeDistributed, (Dense(2)), {2, 4, 3})
  USE(TimeDistributed, (Activation("relu")), {2, 4, 3})
  USE(ConvLSTM1D, (2, 3), {2, 4, 8, 1})
  USE(ConvLSTM2D, (2, 3), {2, 4, 8, 8, 1})
  USE(ConvLSTM3D, (2, 3), {2, 2, 4, 4, 4, 1})
}

void use_normalization() {
  USE(BatchNormalization, (), {5, 4})
  USE(LayerNormalization, (), {5, 4})
  USE(GroupNormalization, (2), {5, 4})
  USE(RMSNormalization, (), {5, 4})
  USE(UnitNormalization, (), {5, 4})
  USE(SpectralNormalization, (Dense(2)), {5, 4})
}

void use_regularization_and_reshaping() {
  USE(Dropout, (0.5), {5, 4})
  USE(SpatialDropout1D, (0.5), {2, 8, 3})
  USE(SpatialDropout2D, (0.5), {2, 8, 8, 3})
  USE(SpatialDropout3D, (0.5), {2, 4, 4, 4, 3})
  USE(GaussianNoise, (0.5), {5, 4})
  USE(GaussianDropout, (0.5), {5, 4})
  USE(AlphaDropout, (0.5), {5, 4})
  USE(ActivityRegularization, ({.l1 = 0.5}), {5, 4})
  USE(Flatten, (), {5, 4, 3})
  USE(Reshape, ({3, 4}), {5, 12})
  USE(Permute, ({2, 1}), {5, 4, 3})
  USE(RepeatVector, (3), {5, 4})
  USE(Cropping1D, (1), {2, 8, 3})
  USE(Cropping2D, (1), {2, 8, 8, 3})
  USE(Cropping3D, (1), {2, 4, 4, 4, 3})
  USE(ZeroPadding1D, (1), {2, 8, 3})
  USE(ZeroPadding2D, (1), {2, 8, 8, 3})
  USE(ZeroPadding3D, (1), {2, 4, 4, 4, 3})
  USE(UpSampling1D, (2), {2, 8, 3})
  USE(UpSampling2D, (2), {2, 8, 8, 3})
  USE(UpSampling3D, (2), {2, 4, 4, 4, 3})
}

void use_preprocessing() {
  USE(Normalization, ({.mean = 1, .variance = 4}), {5, 4})
  USE(Rescaling, (0.5), {5, 4})
  USE(Resizing, (4, 4), {2, 8, 8, 3})
  USE(CenterCrop, (4, 4), {2, 8, 8, 3})
  USE(CategoryEncoding, (9), {5, 4})
  USE(Discretization, ({.bin_boundaries = {0.0, 0.5}}), {5, 4})
}

void use_several_inputs(){USE_ON_TWO(Add, (), {5, 3}) USE_ON_TWO(Subtract, (), {5, 3}) USE_ON_TWO(Multiply, (), {5, 3})
                              USE_ON_TWO(Average, (), {5, 3}) USE_ON_TWO(Maximum, (), {5, 3})
                                  USE_ON_TWO(Minimum, (), {5, 3}) USE_ON_TWO(Concatenate, (), {5, 3})
                                      USE_ON_TWO(Dot, (1), {5, 3}) USE_ON_TWO(MultiHeadAttention, (2, 2), {2, 4, 3})
                                          USE_ON_TWO(GroupedQueryAttention, (2, 2, 1), {2, 4, 4})
                                              USE_ON_TWO(Attention, (), {2, 4, 3})
                                                  USE_ON_TWO(AdditiveAttention, (), {2, 4, 3})}

TEST(ReadmeLayers, WorkInASequentialAfterTheBarAndCalled) {
  use_core_and_activations();
  use_input();
  use_convolution_and_pooling();
  use_recurrent();
  use_normalization();
  use_regularization_and_reshaping();
  use_preprocessing();
  use_several_inputs();
  const std::set<std::string> names = listed("README.md", "### The layers", 1);
  EXPECT_GE(names.size(), 80U);
  EXPECT_EQ(used(), names);
}

TEST(ReadmeLayers, AreInTheGuideToKerasFiles) {
  EXPECT_EQ(listed("cmake/docs/keras_files.md", "## What is carried over", 0),
            listed("README.md", "### The layers", 1));
}

TEST(Activation, AppliedToASymbolicTensorIsTheLayer) {
  const auto x = Input({3});
  const Activation<float> bend("tanh");
  Model<float> model(x, bend(x | Activation("relu")));
  ASSERT_EQ(model.layers().size(), 3U);
  for (const Index i : {1, 2}) EXPECT_EQ(model.get_layer(i).class_name(), "Activation");
  const Tensor<float> in{{-1.f, 0.5f, 2.f}};
  EXPECT_TRUE(expect::same(model.predict(in), tanh(relu(in))));
  EXPECT_TRUE(expect::same(bend(in), tanh(in))) << "on a tensor, the function";
  const auto wide = Input<double>({3});
  Model<double> twice(wide, wide | Activation<double>([](const auto& v) { return v * v; }));
  EXPECT_EQ(twice.predict(Tensor<double>{{3., 1., 2.}})[0], 9);
}

TEST(Activation, DeducesItsScalarType) {
  const Activation<double> given("relu");
  const Activation copied(given);
  const Activation named("relu"), of_text(std::string("relu")), of_object(activations::Relu{}),
      of_function([](const auto& x) { return x; });
  static_assert(std::is_same_v<decltype(copied), const Activation<double>>);
  static_assert(std::is_same_v<decltype(named), const Activation<float>>);
  static_assert(std::is_same_v<decltype(of_text), const Activation<float>>);
  static_assert(std::is_same_v<decltype(of_object), const Activation<float>>);
  static_assert(std::is_same_v<decltype(of_function), const Activation<float>>);
  EXPECT_TRUE(named.is_relu() && copied.is_relu() && of_text.is_relu() && of_object.is_relu());
}

}  // namespace
