#pragma once
// Every layer.
#include "lamina/layers/activation.hpp"
#include "lamina/layers/activity_regularization.hpp"
#include "lamina/layers/alpha_dropout.hpp"
#include "lamina/layers/bidirectional.hpp"
#include "lamina/layers/cropping.hpp"
#include "lamina/layers/dense.hpp"
#include "lamina/layers/dropout.hpp"
#include "lamina/layers/elu.hpp"
#include "lamina/layers/flatten.hpp"
#include "lamina/layers/gaussian_dropout.hpp"
#include "lamina/layers/gaussian_noise.hpp"
#include "lamina/layers/gru.hpp"
#include "lamina/layers/identity.hpp"
#include "lamina/layers/input.hpp"
#include "lamina/layers/lambda.hpp"
#include "lamina/layers/layer.hpp"
#include "lamina/layers/leaky_relu.hpp"
#include "lamina/layers/lstm.hpp"
#include "lamina/layers/multi_input_layer.hpp"
#include "lamina/layers/operation.hpp"
#include "lamina/layers/permute.hpp"
#include "lamina/layers/prelu.hpp"
#include "lamina/layers/recurrent_cell.hpp"
#include "lamina/layers/recurrent_layer.hpp"
#include "lamina/layers/relu.hpp"
#include "lamina/layers/repeat_vector.hpp"
#include "lamina/layers/rescaling.hpp"
#include "lamina/layers/reshape.hpp"
#include "lamina/layers/rnn.hpp"
#include "lamina/layers/simple_dense.hpp"
#include "lamina/layers/simple_rnn.hpp"
#include "lamina/layers/softmax.hpp"
#include "lamina/layers/spatial_dropout.hpp"
#include "lamina/layers/stacked_rnn_cells.hpp"
#include "lamina/layers/time_distributed.hpp"
#include "lamina/layers/zero_padding.hpp"

namespace lamina {

/// The classes that `layer_from_config` knows, beside those registered with register_custom_object.
template <class S>
struct LayerFamily {
  static constexpr const char* kind = "layer";
  using Table = StrategyTable<
      Layer<S>, Named<"activation", ActivationLayer<S>>, Named<"activity_regularization", ActivityRegularization<S>>,
      Named<"alpha_dropout", AlphaDropout<S>>, Named<"bidirectional", Bidirectional<S>>,
      Named<"cropping1d", Cropping1D<S>>, Named<"cropping2d", Cropping2D<S>>, Named<"cropping3d", Cropping3D<S>>,
      Named<"dense", Dense<S>>, Named<"dropout", Dropout<S>>, Named<"elu", ELU<S>>, Named<"flatten", Flatten<S>>,
      Named<"gaussian_dropout", GaussianDropout<S>>, Named<"gaussian_noise", GaussianNoise<S>>, Named<"gru", GRU<S>>,
      Named<"gru_cell", GRUCell<S>>, Named<"identity", IdentityLayer<S>>, Named<"input_layer", InputLayer<S>>,
      Named<"leaky_re_lu", LeakyReLU<S>>, Named<"lstm", LSTM<S>>, Named<"lstm_cell", LSTMCell<S>>,
      Named<"operation", Operation<S>>, Named<"p_re_lu", PReLU<S>>, Named<"permute", Permute<S>>,
      Named<"re_lu", ReLU<S>>, Named<"repeat_vector", RepeatVector<S>>, Named<"rescaling", Rescaling<S>>,
      Named<"reshape", Reshape<S>>, Named<"rnn", RNN<S>>, Named<"simple_dense", SimpleDense<S>>,
      Named<"simple_rnn", SimpleRNN<S>>, Named<"simple_rnn_cell", SimpleRNNCell<S>>, Named<"softmax", Softmax<S>>,
      Named<"spatial_dropout1d", SpatialDropout1D<S>>, Named<"spatial_dropout2d", SpatialDropout2D<S>>,
      Named<"spatial_dropout3d", SpatialDropout3D<S>>, Named<"stacked_rnn_cells", StackedRNNCells<S>>,
      Named<"time_distributed", TimeDistributed<S>>, Named<"zero_padding1d", ZeroPadding1D<S>>,
      Named<"zero_padding2d", ZeroPadding2D<S>>, Named<"zero_padding3d", ZeroPadding3D<S>>>;
};

/// The layer that `{"class_name": ..., "config": {...}}` describes, as `get_config` and Keras write it. All layers are
/// compiled with a call of this: it belongs in one file of a program.
template <class S>
std::shared_ptr<Layer<S>> layer_from_config(const Config& config) {
  std::shared_ptr<Layer<S>> layer = LayerFamily<S>::Table::from_config(LayerFamily<S>::kind, config);
  if (const Config* given = config.find("config")) {
    if (const Config* name = given->find("name"); name != nullptr && !name->is_null())
      layer->set_name(name->as_string());
    if (const Config* trainable = given->find("trainable"); trainable != nullptr && !trainable->as_bool())
      layer->set_trainable(false);
  }
  return layer;
}

}  // namespace lamina
