#include <functional>
#include <lamina/layers/attention/grouped_query_attention.hpp>

#include "support/attention.hpp"
#include "support/head_attention.hpp"
#include "support/with_threads.hpp"

using namespace lamina;
using namespace lamina::testing;
using namespace lamina::testing::head_attention;

TEST(GroupedQueryAttention, AgreesWithPlainLoops) {
  clear_session();
  const Tensor<double> query = some({2, 4, 5}, 1), value = some({2, 6, 5}, 2), key = some({2, 6, 3}, 3);
  GroupedQueryAttention<double> layer(3, 4, 2);
  EXPECT_EQ(layer({query, value, key}).shape(), query.shape());
  EXPECT_EQ(weights_of(layer).at(0), "grouped_query_attention/query/kernel (5, 4, 3)");
  EXPECT_EQ(weights_of(layer).at(2), "grouped_query_attention/key/kernel (3, 2, 3)");
  EXPECT_EQ(weights_of(layer).at(5), "grouped_query_attention/value/bias (2, 3)");
  EXPECT_EQ(weights_of(layer).at(6), "grouped_query_attention/attention_output/kernel (4, 3, 5)");
  scatter_weights(layer);
  const Heads expected = by_loops(layer, query, value, key);
  const auto both = layer.apply({query, value, key}, {.return_attention_scores = true});
  EXPECT_TRUE(expect::near(layer({query, value, key}), expected.y, rounding));
  EXPECT_TRUE(expect::near(both[0], expected.y, rounding));
  EXPECT_TRUE(expect::near(both[1], expected.scores, rounding));
  const Tensor<float> keys{{1, 1, 1, 1, 0, 0}, {0, 1, 1, 0, 1, 1}};
  const auto sees = [&](Index b, Index, Index i, Index j) { return keys(b, j) != 0 && j <= i; };
  EXPECT_TRUE(expect::near(layer({query, value, key}, {.mask = {{}, keys}, .use_causal_mask = true}),
                           by_loops(layer, query, value, key, sees, 1.0 / 6).y, rounding));
}

TEST(GroupedQueryAttention, Gradients) {
  const Tensor<double> query = some({2, 3, 4}, 1), value = some({2, 4, 4}, 2);
  GroupedQueryAttention<double> layer(2, 4, 2, {.use_gate = true}),
      shared(2, 3, 1, {.dropout = 0.3, .use_bias = false, .sliding_window = 3});
  for (Layer<double>* l : {static_cast<Layer<double>*>(&layer), static_cast<Layer<double>*>(&shared)}) {
    (*l)({query, value});
    scatter_weights(*l);
    check_gradients_of(*l, {query, value});
    check_gradients_of(*l, {query, value}, {.training = true, .use_causal_mask = true});
  }
}

TEST(GroupedQueryAttention, HasBothOfItsNames) {
  const Config config = GroupedQueryAttention<float>(3, 4, 2, {.sliding_window = 5}).get_config();
  for (const char* name : {"GroupQueryAttention", "GroupedQueryAttention"}) {
    const auto layer = layer_from_config<float>(named_config(name, config));
    EXPECT_EQ(layer->class_name(), "GroupedQueryAttention");
    EXPECT_TRUE(layer->get_config().at("sliding_window") == Config(5));
    EXPECT_EQ(layer->get_config().at("num_key_value_heads").as_integer(), 2);
  }
  EXPECT_TRUE(expect::error<ValueError>([] { GroupedQueryAttention<float>(3, 4, 3); }, {"multiple", "4 and 3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { GroupedQueryAttention<float>(0, 4, 2); }, {"head_dim"}));
}
