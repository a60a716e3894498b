#pragma once
#include "lamina/layers/base/layer_argument.hpp"
#include "lamina/layers/base/layer_table.hpp"
#include "lamina/layers/rnn/gru.hpp"
#include "lamina/layers/rnn/lstm.hpp"
#include "lamina/layers/rnn/simple_rnn.hpp"
#include "lamina/layers/rnn/stacked_rnn_cells.hpp"

namespace lamina {

/// The cell that a configuration describes: one of these, or one that was registered with register_custom_object.
template <class S>
std::shared_ptr<RecurrentCell<S>> cell_from_config(const Config& config) {
  using Table =
      StrategyTable<RecurrentCell<S>,  //
                    Named<"gru_cell", GRUCell<S>>, Named<"lstm_cell", LSTMCell<S>>,
                    Named<"simple_rnn_cell", SimpleRNNCell<S>>, Named<"stacked_rnn_cells", StackedRNNCells<S>>>;
  return detail::layer_from_table("cell", config, Table());
}

/// The options of RNN.
struct RNNOptions {
  /// If true, returns the outputs of all steps, otherwise that of the last step. Default: false.
  bool return_sequences = false;
  bool return_state = false;  ///< If true, also returns the states after the last step. Default: false.
  bool go_backwards = false;  ///< If true, goes through the sequence from its last step to its first. Default: false.
  /// If true, a call starts from the states that the call before it ended with. Default: false.
  bool stateful = false;
  bool unroll = false;  ///< Accepted for Keras's configurations; it changes nothing. Default: false.
  /// If true, the output of a masked step is 0, otherwise that of the step before. Default: false.
  bool zero_output_for_mask = false;
  Regularizer activity_regularizer = {};  ///< Penalty on the outputs, per sample. Default: none.
  std::string name = {};                  ///< Name of the layer. Default: made from the class name.

  /// Reads or writes the arguments under Keras's names.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    detail::flag_fields(self, field);
    if (!std::is_const_v<Self> || self.activity_regularizer.given())  // Keras writes it only where there is one
      field("activity_regularizer", self.activity_regularizer);
  }
};

struct RNNArguments {
  Config cell = {};
  RNNOptions options = {};
  /// Reads or writes the arguments under Keras's names.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("cell", self.cell);
    RNNOptions::fields(self.options, field);
  }
};

/// A recurrent layer over any cell, one of one's own included, or over several, one on top of the other. See
/// RecurrentLayer for what goes in and comes out, RecurrentCell for how to write a cell. Keras's RNN.
///
///     RNN(LSTMCell(32), {.return_sequences = true})
///     RNN(StackedRNNCells(LSTMCell(32), GRUCell(16)))
///     RNN(std::make_shared<MinimalCell>(32))
template <class Scalar = float>
class RNN : public RecurrentLayer<Scalar> {
  using Base = RecurrentLayer<Scalar>;

 public:
  using Arguments = RNNArguments;  ///< The constructor arguments.
  template <detail::LayerArgumentFor<RecurrentCell<Scalar>> Cell>
  explicit RNN(Cell&& cell, RNNOptions options = {})
      : RNN(0, detail::make_shared_layer<RecurrentCell<Scalar>>(std::forward<Cell>(cell)), std::move(options)) {}
  /// Several cells, the first of which gets the layer's input.
  LAMINA_COLD explicit RNN(std::vector<std::shared_ptr<RecurrentCell<Scalar>>> cells, RNNOptions options = {})
      : RNN(0, std::make_shared<StackedRNNCells<Scalar>>(std::move(cells)), std::move(options)) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit RNN(const RNNArguments& arguments)
      : RNN(0, cell_from_config<Scalar>(arguments.cell), arguments.options) {}

  std::string class_name() const override { return "RNN"; }
  LAMINA_COLD Config get_config() const override {
    RNNArguments now{named_config(this->cell().class_name(), this->cell().get_config()), options_};
    now.options.zero_output_for_mask = this->flags().zero_output_for_mask;
    return this->config_with(now);
  }
  std::shared_ptr<RecurrentLayer<Scalar>> twin(bool reversed) const override {
    RNNOptions again = options_;
    again.go_backwards = again.go_backwards != reversed;
    return std::make_shared<RNN>(this->cell().twin(), std::move(again));
  }

 private:
  RNN(int, std::shared_ptr<RecurrentCell<Scalar>> cell, RNNOptions options)
      : Base(std::move(cell), detail::flags_of(options), options.activity_regularizer, options.name),
        options_(std::move(options)) {}
  RNNOptions options_;
};

template <class Cell>
RNN(Cell&&, RNNOptions = {}) -> RNN<detail::layer_argument_scalar<Cell>>;

}  // namespace lamina
