#pragma once
// All layers, except models (models/models.hpp), and layer_from_config.
#include "lamina/layers/activations/elu.hpp"
#include "lamina/layers/activations/leaky_relu.hpp"
#include "lamina/layers/activations/prelu.hpp"
#include "lamina/layers/activations/relu.hpp"
#include "lamina/layers/activations/softmax.hpp"
#include "lamina/layers/attention/additive_attention.hpp"
#include "lamina/layers/attention/attention.hpp"
#include "lamina/layers/attention/grouped_query_attention.hpp"
#include "lamina/layers/attention/multi_head_attention.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/layers/base/layer_argument.hpp"
#include "lamina/layers/base/layer_table.hpp"
#include "lamina/layers/base/multi_input_layer.hpp"
#include "lamina/layers/convolutional/conv.hpp"
#include "lamina/layers/convolutional/conv_transpose.hpp"
#include "lamina/layers/convolutional/depthwise_conv.hpp"
#include "lamina/layers/convolutional/separable_conv.hpp"
#include "lamina/layers/core/activation.hpp"
#include "lamina/layers/core/checkpoint.hpp"
#include "lamina/layers/core/dense.hpp"
#include "lamina/layers/core/einsum_dense.hpp"
#include "lamina/layers/core/embedding.hpp"
#include "lamina/layers/core/identity.hpp"
#include "lamina/layers/core/lambda.hpp"
#include "lamina/layers/core/masking.hpp"
#include "lamina/layers/core/simple_dense.hpp"
#include "lamina/layers/graph/input.hpp"
#include "lamina/layers/graph/operations/operations.hpp"
#include "lamina/layers/merging/add.hpp"
#include "lamina/layers/merging/average.hpp"
#include "lamina/layers/merging/concatenate.hpp"
#include "lamina/layers/merging/dot.hpp"
#include "lamina/layers/merging/maximum.hpp"
#include "lamina/layers/merging/minimum.hpp"
#include "lamina/layers/merging/multiply.hpp"
#include "lamina/layers/merging/subtract.hpp"
#include "lamina/layers/normalization/batch_normalization.hpp"
#include "lamina/layers/normalization/group_normalization.hpp"
#include "lamina/layers/normalization/layer_normalization.hpp"
#include "lamina/layers/normalization/rms_normalization.hpp"
#include "lamina/layers/normalization/spectral_normalization.hpp"
#include "lamina/layers/normalization/unit_normalization.hpp"
#include "lamina/layers/pooling/adaptive_pooling.hpp"
#include "lamina/layers/pooling/average_pooling.hpp"
#include "lamina/layers/pooling/global_pooling.hpp"
#include "lamina/layers/pooling/max_pooling.hpp"
#include "lamina/layers/preprocessing/category_encoding.hpp"
#include "lamina/layers/preprocessing/center_crop.hpp"
#include "lamina/layers/preprocessing/discretization.hpp"
#include "lamina/layers/preprocessing/normalization.hpp"
#include "lamina/layers/preprocessing/rescaling.hpp"
#include "lamina/layers/preprocessing/resizing.hpp"
#include "lamina/layers/regularization/activity_regularization.hpp"
#include "lamina/layers/regularization/alpha_dropout.hpp"
#include "lamina/layers/regularization/dropout.hpp"
#include "lamina/layers/regularization/gaussian_dropout.hpp"
#include "lamina/layers/regularization/gaussian_noise.hpp"
#include "lamina/layers/regularization/spatial_dropout.hpp"
#include "lamina/layers/reshaping/cropping.hpp"
#include "lamina/layers/reshaping/flatten.hpp"
#include "lamina/layers/reshaping/permute.hpp"
#include "lamina/layers/reshaping/repeat_vector.hpp"
#include "lamina/layers/reshaping/reshape.hpp"
#include "lamina/layers/reshaping/up_sampling.hpp"
#include "lamina/layers/reshaping/zero_padding.hpp"
#include "lamina/layers/rnn/bidirectional.hpp"
#include "lamina/layers/rnn/conv_lstm.hpp"
#include "lamina/layers/rnn/gru.hpp"
#include "lamina/layers/rnn/lstm.hpp"
#include "lamina/layers/rnn/recurrent_cell.hpp"
#include "lamina/layers/rnn/recurrent_layer.hpp"
#include "lamina/layers/rnn/rnn.hpp"
#include "lamina/layers/rnn/simple_rnn.hpp"
#include "lamina/layers/rnn/stacked_rnn_cells.hpp"
#include "lamina/layers/rnn/time_distributed.hpp"

namespace lamina {

namespace detail {
/// The built-in layers by Keras name.
template <class S>
using LayerTable = StrategyTable<
    Layer<S>,  //
    Named<"activation", ActivationLayer<S>>, Named<"lambda", Lambda<S>>,
    Named<"activity_regularization", ActivityRegularization<S>>,
    Named<"adaptive_average_pooling1d", AdaptiveAveragePooling1D<S>>,
    Named<"adaptive_average_pooling2d", AdaptiveAveragePooling2D<S>>,
    Named<"adaptive_average_pooling3d", AdaptiveAveragePooling3D<S>>,
    Named<"adaptive_max_pooling1d", AdaptiveMaxPooling1D<S>>, Named<"adaptive_max_pooling2d", AdaptiveMaxPooling2D<S>>,
    Named<"adaptive_max_pooling3d", AdaptiveMaxPooling3D<S>>, Named<"add", Add<S>>,
    Named<"additive_attention", AdditiveAttention<S>>, Named<"alpha_dropout", AlphaDropout<S>>,
    Named<"attention", Attention<S>>, Named<"average", Average<S>>, Named<"average_pooling1d", AveragePooling1D<S>>,
    Named<"average_pooling2d", AveragePooling2D<S>>, Named<"average_pooling3d", AveragePooling3D<S>>,
    Named<"batch_normalization", BatchNormalization<S>>, Named<"bidirectional", Bidirectional<S>>,
    Named<"category_encoding", CategoryEncoding<S>>, Named<"center_crop", CenterCrop<S>>,
    Named<"concatenate", Concatenate<S>>, Named<"conv1d", Conv1D<S>>, Named<"conv1d_transpose", Conv1DTranspose<S>>,
    Named<"conv2d", Conv2D<S>>, Named<"conv2d_transpose", Conv2DTranspose<S>>, Named<"conv3d", Conv3D<S>>,
    Named<"conv3d_transpose", Conv3DTranspose<S>>, Named<"conv_lstm1d", ConvLSTM1D<S>>,
    Named<"conv_lstm2d", ConvLSTM2D<S>>, Named<"conv_lstm3d", ConvLSTM3D<S>>, Named<"cropping1d", Cropping1D<S>>,
    Named<"cropping2d", Cropping2D<S>>, Named<"cropping3d", Cropping3D<S>>, Named<"dense", Dense<S>>,
    Named<"depthwise_conv1d", DepthwiseConv1D<S>>, Named<"depthwise_conv2d", DepthwiseConv2D<S>>,
    Named<"discretization", Discretization<S>>, Named<"dot", Dot<S>>, Named<"dropout", Dropout<S>>,
    Named<"einsum_dense", EinsumDense<S>>, Named<"elu", ELU<S>>, Named<"embedding", Embedding<S>>,
    Named<"flatten", Flatten<S>>, Named<"gaussian_dropout", GaussianDropout<S>>,
    Named<"gaussian_noise", GaussianNoise<S>>, Named<"global_average_pooling1d", GlobalAveragePooling1D<S>>,
    Named<"global_average_pooling2d", GlobalAveragePooling2D<S>>,
    Named<"global_average_pooling3d", GlobalAveragePooling3D<S>>, Named<"global_max_pooling1d", GlobalMaxPooling1D<S>>,
    Named<"global_max_pooling2d", GlobalMaxPooling2D<S>>, Named<"global_max_pooling3d", GlobalMaxPooling3D<S>>,
    Named<"group_normalization", GroupNormalization<S>>, Named<"group_query_attention", GroupedQueryAttention<S>>,
    Named<"grouped_query_attention", GroupedQueryAttention<S>>, Named<"gru", GRU<S>>, Named<"gru_cell", GRUCell<S>>,
    Named<"identity", Identity<S>>, Named<"input_layer", InputLayer<S>>,
    Named<"layer_normalization", LayerNormalization<S>>, Named<"leaky_re_lu", LeakyReLU<S>>, Named<"lstm", LSTM<S>>,
    Named<"lstm_cell", LSTMCell<S>>, Named<"masking", Masking<S>>, Named<"max_pooling1d", MaxPooling1D<S>>,
    Named<"max_pooling2d", MaxPooling2D<S>>, Named<"max_pooling3d", MaxPooling3D<S>>, Named<"maximum", Maximum<S>>,
    Named<"minimum", Minimum<S>>, Named<"multi_head_attention", MultiHeadAttention<S>>, Named<"multiply", Multiply<S>>,
    Named<"normalization", Normalization<S>>, Named<"p_re_lu", PReLU<S>>, Named<"permute", Permute<S>>,
    Named<"re_lu", ReLU<S>>, Named<"repeat_vector", RepeatVector<S>>, Named<"rescaling", Rescaling<S>>,
    Named<"reshape", Reshape<S>>, Named<"resizing", Resizing<S>>, Named<"rms_normalization", RMSNormalization<S>>,
    Named<"rnn", RNN<S>>, Named<"separable_conv1d", SeparableConv1D<S>>, Named<"separable_conv2d", SeparableConv2D<S>>,
    Named<"simple_dense", SimpleDense<S>>, Named<"simple_rnn", SimpleRNN<S>>,
    Named<"simple_rnn_cell", SimpleRNNCell<S>>, Named<"softmax", Softmax<S>>,
    Named<"spatial_dropout1d", SpatialDropout1D<S>>, Named<"spatial_dropout2d", SpatialDropout2D<S>>,
    Named<"spatial_dropout3d", SpatialDropout3D<S>>, Named<"spectral_normalization", SpectralNormalization<S>>,
    Named<"stacked_rnn_cells", StackedRNNCells<S>>, Named<"subtract", Subtract<S>>,
    Named<"time_distributed", TimeDistributed<S>>, Named<"unit_normalization", UnitNormalization<S>>,
    Named<"up_sampling1d", UpSampling1D<S>>, Named<"up_sampling2d", UpSampling2D<S>>,
    Named<"up_sampling3d", UpSampling3D<S>>, Named<"zero_padding1d", ZeroPadding1D<S>>,
    Named<"zero_padding2d", ZeroPadding2D<S>>, Named<"zero_padding3d", ZeroPadding3D<S>>>;
}  // namespace detail

/// Constructs the layer that `{"class_name": ..., "config": {...}}` describes, as Keras's `serialize_keras_object`
/// writes it: a layer of this list, or a custom layer that was registered with register_custom_object. If "module" is
/// one of Keras's modules of operations, such as "keras.src.ops.numpy", constructs the Operation of this class.
///
/// Throws a ValueError for an unknown class or argument. A call compiles all layers: keep it in one source file.
template <class S>
std::shared_ptr<Layer<S>> layer_from_config(const Config& config) {
  if (detail::is_operation(config)) return detail::operation_from_config<S>(config);
  return detail::layer_from_table("layer", config, detail::LayerTable<S>());
}

LAMINA_COMPILED_LAYERS_FUNCTION(layer_from_config);

}  // namespace lamina
