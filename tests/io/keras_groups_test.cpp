#include <gtest/gtest.h>

#include <lamina/io/keras_groups.hpp>
#include <string>
#include <vector>

using namespace lamina;

namespace {

using lamina::detail::KerasGroup;
using lamina::detail::KerasGroups;

StoredLayer layer(const char* class_name, std::string name, std::vector<std::size_t> weights = {},
                  std::vector<StoredLayer> inside = {}) {
  static char identities[1000];
  static std::size_t next = 0;
  return {std::move(name), class_name, &identities[next++ % 1000], std::move(weights), std::move(inside)};
}
/// The configuration of a model that lists its layers in this order.
Config listing(const char* class_name, const std::vector<StoredLayer>& layers) {
  Config config = Config::map();
  config["class_name"] = class_name;
  config["config"]["layers"] = Config::list();
  for (const StoredLayer& l : layers) {
    Config one = Config::map();
    one["class_name"] = l.class_name;
    one["config"]["name"] = l.name;
    config["config"]["layers"].push_back(one);
  }
  return config;
}
std::vector<std::string> paths(const StoredModel& model, const KerasGroups::HasGroup& has_group = {}) {
  std::vector<std::string> all;
  for (const KerasGroup& group : KerasGroups::of(model, has_group)) all.push_back(group.path);
  return all;
}
using Paths = std::vector<std::string>;

TEST(KerasGroups, CountsTheLayersOfAModelByClass) {
  const std::vector<StoredLayer> layers{layer("InputLayer", "in"),
                                        layer("Dense", "b", {0, 1}),
                                        layer("ReLU", "re"),
                                        layer("Dense", "a", {2, 3}),
                                        layer("Conv2DTranspose", "c"),
                                        layer("PReLU", "p", {4}),
                                        layer("BatchNormalization", "n", {5, 6}),
                                        layer("Dense", "dense", {7})};
  StoredModel model{listing("Sequential", layers), {}, layer("Sequential", "m", {}, layers)};
  EXPECT_EQ(paths(model), (Paths{"vars", "layers/dense/vars", "layers/re_lu/vars", "layers/dense_1/vars",
                                 "layers/conv2d_transpose/vars", "layers/p_re_lu/vars",
                                 "layers/batch_normalization/vars", "layers/dense_2/vars"}));
  const std::vector<KerasGroup> groups = KerasGroups::of(model);
  EXPECT_EQ(groups[3].layer, "a");
  EXPECT_EQ(groups[3].class_name, "Dense");
  EXPECT_EQ(groups[3].weights, (std::vector<std::size_t>{2, 3}));

  model.structure.class_name = "Functional";
  EXPECT_EQ(paths(model)[1], "layers/input_layer/vars") << "of a Functional model, also its inputs";
}

TEST(KerasGroups, FollowsTheOrderOfTheConfiguration) {
  const std::vector<StoredLayer> called{layer("Dense", "second"), layer("Dense", "first")};
  const StoredModel model{listing("Functional", {called[1], called[0]}), {}, layer("Functional", "m", {}, called)};
  const std::vector<KerasGroup> groups = KerasGroups::of(model);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[1].layer, "first");
  EXPECT_EQ(groups[2].path, "layers/dense_1/vars");
}

TEST(KerasGroups, LeavesOperationsOut) {
  const std::vector<StoredLayer> layers{layer("Add", "add"), layer("Add", "add_1")};
  Config config = listing("Functional", layers);
  config["config"]["layers"][0]["module"] = "keras.src.ops.numpy";
  const StoredModel model{config, {}, layer("Functional", "m", {}, layers)};
  EXPECT_EQ(paths(model), (Paths{"vars", "layers/add/vars"}));
  EXPECT_EQ(KerasGroups::of(model)[1].layer, "add_1");
}

TEST(KerasGroups, ListsASharedLayerOnce) {
  const StoredLayer shared = layer("Dense", "shared", {0});
  const StoredLayer inner = layer("Sequential", "inner", {}, {shared});
  Config config = listing("Functional", {shared, inner});
  config["config"]["layers"][1]["config"]["layers"] = listing("Sequential", {shared}).at("config").at("layers");
  const StoredModel model{config, {}, layer("Functional", "m", {}, {shared, inner})};
  EXPECT_EQ(paths(model), (Paths{"vars", "layers/dense/vars", "layers/sequential/vars"}));
}

TEST(KerasGroups, KnowsTheAttributesOfWrappers) {
  const StoredModel model{
      Config(),
      {},
      layer("Wrapped", "m", {},
            {layer("RNN", "rnn", {},
                   {layer("StackedRNNCells", "stack", {}, {layer("GRUCell", "x"), layer("GRUCell", "y")})}),
             layer("Bidirectional", "both", {}, {layer("LSTM", "f", {}, {layer("LSTMCell", "c")}), layer("LSTM", "b")}),
             layer("TimeDistributed", "t", {}, {layer("Dense", "d")}),
             layer("MultiHeadAttention", "heads", {},
                   {layer("EinsumDense", "q"), layer("EinsumDense", "k"), layer("EinsumDense", "v"),
                    layer("EinsumDense", "o")})})};
  EXPECT_EQ(paths(model), (Paths{"vars", "rnn/vars", "rnn/cell/vars", "rnn/cell/cells/gru_cell/vars",
                                 "rnn/cell/cells/gru_cell_1/vars", "both/vars", "both/forward_layer/vars",
                                 "both/forward_layer/cell/vars", "both/backward_layer/vars", "t/vars", "t/layer/vars",
                                 "heads/vars", "heads/query_dense/vars", "heads/key_dense/vars",
                                 "heads/value_dense/vars", "heads/output_dense/vars"}));
}

TEST(KerasGroups, NumbersAutomaticNamesOfCustomLayers) {
  const auto block = [](const char* first, const char* second, const char* third) {
    return StoredModel{
        Config(),
        {},
        layer("Block", "m", {}, {layer("Dense", first, {0}), layer("Dense", second, {1}), layer("ReLU", third)})};
  };
  const Paths numbered{"vars", "dense/vars", "dense_1/vars", "re_lu/vars"};
  EXPECT_EQ(paths(block("dense", "dense_1", "re_lu")), numbered);
  EXPECT_EQ(paths(block("dense_14", "dense_3", "re_lu_9")), numbered);
  EXPECT_EQ(paths(block("query", "dense_x", "last")), (Paths{"vars", "query/vars", "dense_x/vars", "last/vars"}));
  EXPECT_EQ(paths(block("query", "query", "vars")), (Paths{"vars", "query/vars", "query_1/vars", "vars_1/vars"}))
      << "names stand for one group each";

  // A file that Python wrote, with attributes dense_1 and dense_2.
  const auto in_file = [](const std::string& path) { return path == "dense_1" || path == "dense_2"; };
  EXPECT_EQ(paths(block("dense_1", "dense_2", "act"), in_file),
            (Paths{"vars", "dense_1/vars", "dense_2/vars", "act/vars"}));
  const auto numbered_file = [](const std::string& path) { return path == "dense" || path == "dense_1"; };
  EXPECT_EQ(paths(block("dense_1", "dense", "re_lu"), numbered_file), numbered);
}

TEST(KerasGroups, AcceptsAModelWithoutLayers) {
  const StoredModel model{Config(), {}, layer("Nothing", "m", {0})};
  EXPECT_EQ(paths(model), Paths{"vars"});
  const StoredModel empty{listing("Sequential", {}), {}, layer("Sequential", "m")};
  EXPECT_EQ(paths(empty), Paths{"vars"});
}

}  // namespace
