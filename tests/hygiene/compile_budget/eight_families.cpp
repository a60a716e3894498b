// Models of eight families of layers. The compile time of this file is limited.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <lamina/lamina.hpp>
using namespace lamina;
template <class M>
void time_model(const char* name, M& model, std::vector<Index> sample) {
  for (Index b : {Index(1), Index(32)}) {
    std::vector<Index> s{b};
    s.insert(s.end(), sample.begin(), sample.end());
    Index n = 1;
    for (auto v : s) n *= v;
    Tensor<float> x = reshape(random_uniform({n}), Shape(s.begin(), s.end()));
    for (const char* mode : {"predict", "call"}) {
      std::vector<double> ts;
      auto t0 = std::chrono::steady_clock::now();
      for (int i = 0; i < 10; i++) {
        auto y = mode[0] == 'p' ? model.predict(x) : model(x);
      }
      while (std::chrono::steady_clock::now() - t0 < std::chrono::milliseconds(1000)) {
        auto a = std::chrono::steady_clock::now();
        auto y = mode[0] == 'p' ? model.predict(x) : model(x);
        ts.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - a).count());
      }
      std::sort(ts.begin(), ts.end());
      std::printf("%s batch %d %s min %.2f median %.2f us\n", name, (int)b, mode, ts[0], ts[ts.size() / 2]);
    }
  }
}
int main(int argc, char** argv) {
  set_num_threads(argc > 1 ? atoi(argv[1]) : 1);
  {
    Sequential m{Input({784}), Dense(128, "relu"), Dense(10, "softmax")};
    time_model("mlp", m, {784});
  }
  {
    Sequential m{Input({28, 28, 1}), Conv2D(32, 3, {.padding = "same", .activation = "relu"}),
                 MaxPooling2D(2),    Conv2D(64, 3, {.padding = "same", .activation = "relu"}),
                 MaxPooling2D(2),    Flatten(),
                 Dense(128, "relu"), Dense(10, "softmax")};
    time_model("cnn", m, {28, 28, 1});
  }
  {
    const auto in = Input({32, 32, 3});
    auto t = in | Conv2D(64, 3, {.padding = "same", .activation = "relu"});
    for (int i = 0; i < 4; i++) {
      auto u = t | Conv2D(64, 3, {.padding = "same", .activation = "relu"}) | Conv2D(64, 3, {.padding = "same"});
      t = std::vector{u, t} | Add();
      t = relu(t);
    }
    Model m(in, t | GlobalAveragePooling2D() | Dense(10));
    time_model("resnet", m, {32, 32, 3});
  }
  {
    Sequential m{Input({56, 56, 32}),
                 DepthwiseConv2D(3, {.padding = "same", .activation = "relu"}),
                 Conv2D(64, 1, {.activation = "relu"}),
                 DepthwiseConv2D(3, {.strides = 2, .padding = "same", .activation = "relu"}),
                 Conv2D(128, 1, {.activation = "relu"}),
                 DepthwiseConv2D(3, {.padding = "same", .activation = "relu"}),
                 Conv2D(128, 1, {.activation = "relu"}),
                 DepthwiseConv2D(3, {.strides = 2, .padding = "same", .activation = "relu"}),
                 Conv2D(256, 1, {.activation = "relu"}),
                 GlobalAveragePooling2D(),
                 Dense(10)};
    time_model("mobile", m, {56, 56, 32});
  }
  {
    Sequential m{Input({50, 16}), LSTM(64)};
    time_model("lstm", m, {50, 16});
  }
  {
    Sequential m{Input({8}), Dense(16, "tanh"), Dense(16, "tanh"), Dense(1)};
    time_model("tiny", m, {8});
  }
  {
    const auto in = Input({128, 128});
    auto a = std::vector{in, in} | MultiHeadAttention(4, 32);
    auto r = std::vector{in, a} | Add();
    auto l = r | LayerNormalization();
    auto f = l | Dense(512, "relu") | Dense(128);
    auto o = std::vector{l, f} | Add();
    Model m(in, o | LayerNormalization());
    time_model("block", m, {128, 128});
  }
}
