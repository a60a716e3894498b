#pragma once
// Every layer.
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

/// The layer that `{"class_name": ..., "config": {...}}` describes, as `get_config` and Keras write it: one of these,
/// or one that was registered with register_custom_object. If its "module" is one of Keras's operations, as
/// "keras.src.ops.numpy", it is the Operation of this class, and no layer of the same name. All layers are compiled
/// with a call of this: it belongs in one file of a program.
template <class S>
std::shared_ptr<Layer<S>> layer_from_config(const Config& config) {
  using detail::known;
  if (detail::is_operation(config)) return detail::operation_from_config<S>(config);
  static constexpr detail::KnownClass<Layer<S>> all[] = {
      known<ActivationLayer<S>>("activation"),
      known<ActivityRegularization<S>>("activity_regularization"),
      known<AdaptiveAveragePooling1D<S>>("adaptive_average_pooling1d"),
      known<AdaptiveAveragePooling2D<S>>("adaptive_average_pooling2d"),
      known<AdaptiveAveragePooling3D<S>>("adaptive_average_pooling3d"),
      known<AdaptiveMaxPooling1D<S>>("adaptive_max_pooling1d"),
      known<AdaptiveMaxPooling2D<S>>("adaptive_max_pooling2d"),
      known<AdaptiveMaxPooling3D<S>>("adaptive_max_pooling3d"),
      known<Add<S>>("add"),
      known<AdditiveAttention<S>>("additive_attention"),
      known<AlphaDropout<S>>("alpha_dropout"),
      known<Attention<S>>("attention"),
      known<Average<S>>("average"),
      known<AveragePooling1D<S>>("average_pooling1d"),
      known<AveragePooling2D<S>>("average_pooling2d"),
      known<AveragePooling3D<S>>("average_pooling3d"),
      known<BatchNormalization<S>>("batch_normalization"),
      known<Bidirectional<S>>("bidirectional"),
      known<CategoryEncoding<S>>("category_encoding"),
      known<CenterCrop<S>>("center_crop"),
      known<Concatenate<S>>("concatenate"),
      known<Conv1D<S>>("conv1d"),
      known<Conv1DTranspose<S>>("conv1d_transpose"),
      known<Conv2D<S>>("conv2d"),
      known<Conv2DTranspose<S>>("conv2d_transpose"),
      known<Conv3D<S>>("conv3d"),
      known<Conv3DTranspose<S>>("conv3d_transpose"),
      known<ConvLSTM1D<S>>("conv_lstm1d"),
      known<ConvLSTM2D<S>>("conv_lstm2d"),
      known<ConvLSTM3D<S>>("conv_lstm3d"),
      known<Cropping1D<S>>("cropping1d"),
      known<Cropping2D<S>>("cropping2d"),
      known<Cropping3D<S>>("cropping3d"),
      known<Dense<S>>("dense"),
      known<DepthwiseConv1D<S>>("depthwise_conv1d"),
      known<DepthwiseConv2D<S>>("depthwise_conv2d"),
      known<Discretization<S>>("discretization"),
      known<Dot<S>>("dot"),
      known<Dropout<S>>("dropout"),
      known<EinsumDense<S>>("einsum_dense"),
      known<ELU<S>>("elu"),
      known<Embedding<S>>("embedding"),
      known<Flatten<S>>("flatten"),
      known<GaussianDropout<S>>("gaussian_dropout"),
      known<GaussianNoise<S>>("gaussian_noise"),
      known<GlobalAveragePooling1D<S>>("global_average_pooling1d"),
      known<GlobalAveragePooling2D<S>>("global_average_pooling2d"),
      known<GlobalAveragePooling3D<S>>("global_average_pooling3d"),
      known<GlobalMaxPooling1D<S>>("global_max_pooling1d"),
      known<GlobalMaxPooling2D<S>>("global_max_pooling2d"),
      known<GlobalMaxPooling3D<S>>("global_max_pooling3d"),
      known<GroupNormalization<S>>("group_normalization"),
      known<GroupedQueryAttention<S>>("group_query_attention"),
      known<GroupedQueryAttention<S>>("grouped_query_attention"),
      known<GRU<S>>("gru"),
      known<GRUCell<S>>("gru_cell"),
      known<Identity<S>>("identity"),
      known<InputLayer<S>>("input_layer"),
      known<LayerNormalization<S>>("layer_normalization"),
      known<LeakyReLU<S>>("leaky_re_lu"),
      known<LSTM<S>>("lstm"),
      known<LSTMCell<S>>("lstm_cell"),
      known<Masking<S>>("masking"),
      known<MaxPooling1D<S>>("max_pooling1d"),
      known<MaxPooling2D<S>>("max_pooling2d"),
      known<MaxPooling3D<S>>("max_pooling3d"),
      known<Maximum<S>>("maximum"),
      known<Minimum<S>>("minimum"),
      known<MultiHeadAttention<S>>("multi_head_attention"),
      known<Multiply<S>>("multiply"),
      known<Normalization<S>>("normalization"),
      known<PReLU<S>>("p_re_lu"),
      known<Permute<S>>("permute"),
      known<ReLU<S>>("re_lu"),
      known<RepeatVector<S>>("repeat_vector"),
      known<Rescaling<S>>("rescaling"),
      known<Reshape<S>>("reshape"),
      known<Resizing<S>>("resizing"),
      known<RMSNormalization<S>>("rms_normalization"),
      known<RNN<S>>("rnn"),
      known<SeparableConv1D<S>>("separable_conv1d"),
      known<SeparableConv2D<S>>("separable_conv2d"),
      known<SimpleDense<S>>("simple_dense"),
      known<SimpleRNN<S>>("simple_rnn"),
      known<SimpleRNNCell<S>>("simple_rnn_cell"),
      known<Softmax<S>>("softmax"),
      known<SpatialDropout1D<S>>("spatial_dropout1d"),
      known<SpatialDropout2D<S>>("spatial_dropout2d"),
      known<SpatialDropout3D<S>>("spatial_dropout3d"),
      known<SpectralNormalization<S>>("spectral_normalization"),
      known<StackedRNNCells<S>>("stacked_rnn_cells"),
      known<Subtract<S>>("subtract"),
      known<TimeDistributed<S>>("time_distributed"),
      known<UnitNormalization<S>>("unit_normalization"),
      known<UpSampling1D<S>>("up_sampling1d"),
      known<UpSampling2D<S>>("up_sampling2d"),
      known<UpSampling3D<S>>("up_sampling3d"),
      known<ZeroPadding1D<S>>("zero_padding1d"),
      known<ZeroPadding2D<S>>("zero_padding2d"),
      known<ZeroPadding3D<S>>("zero_padding3d")};
  return detail::from_known("layer", config, all);
}

LAMINA_COMPILED_LAYERS_FUNCTION(layer_from_config);

}  // namespace lamina
