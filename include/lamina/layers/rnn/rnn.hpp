#pragma once
#include "lamina/layers/base/layer_argument.hpp"
#include "lamina/layers/base/layer_table.hpp"
#include "lamina/layers/rnn/gru.hpp"
#include "lamina/layers/rnn/lstm.hpp"
#include "lamina/layers/rnn/simple_rnn.hpp"
#include "lamina/layers/rnn/stacked_rnn_cells.hpp"

namespace lamina {

/// Constructs the cell that a configuration describes: a cell of this list, or a custom cell that was registered with
/// register_custom_object. Throws a ValueError for an unknown class.
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
  /// If true, returns the outputs of all steps, otherwise the output of the last step. Default: false.
  bool return_sequences = false;
  bool return_state = false;  ///< If true, also returns the states after the last step. Default: false.
  bool go_backwards = false;  ///< If true, processes the sequence from the last step to the first. Default: false.
  bool stateful = false;      ///< If true, a call starts with the states after the previous call. Default: false.
  bool unroll = false;        ///< No effect; for compatibility with Keras's configurations. Default: false.
  /// If true, the output of a masked step is 0, otherwise the output of the previous step. Default: false.
  bool zero_output_for_mask = false;
  Regularizer activity_regularizer = {};  ///< Penalty on the outputs, per sample. Default: none.
  std::string name = {};                  ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    detail::flag_fields(self, field);
    if (!std::is_const_v<Self> || self.activity_regularizer.given())  // Keras writes it only if it is set
      field("activity_regularizer", self.activity_regularizer);
  }
};

/// The arguments of RNN in configurations.
struct RNNArguments {
  Config cell = {};         ///< Configuration of the cell. Required.
  RNNOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("cell", self.cell);
    RNNOptions::fields(self.options, field);
  }
};

/// A recurrent layer with any cell, also a custom one, or with several stacked cells: y_t, states_t = cell(x_t,
/// states_(t-1)). Keras's `keras.layers.RNN`. RecurrentCell describes how to write a cell.
/// Shapes: x (batch, steps, ...), y the output of the cell at the last step, or with return_sequences at all steps,
/// (batch, steps, ...). Inputs, outputs, masks and errors: see RecurrentLayer.
///
///     RNN(LSTMCell(32), {.return_sequences = true})
///     RNN(StackedRNNCells(LSTMCell(32), GRUCell(16)))
///     RNN(std::make_shared<MinimalCell>(32))
template <class Scalar = float>
class RNN : public RecurrentLayer<Scalar> {
  using Base = RecurrentLayer<Scalar>;

 public:
  using Arguments = RNNArguments;
  /// Wraps a cell, which is moved in or passed as a std::shared_ptr.
  template <detail::LayerArgumentFor<RecurrentCell<Scalar>> Cell>
  explicit RNN(Cell&& cell, RNNOptions options = {})
      : RNN(0, detail::make_shared_layer<RecurrentCell<Scalar>>(std::forward<Cell>(cell)), std::move(options)) {}
  /// Wraps stacked cells; the first one gets the input of the layer.
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
  std::shared_ptr<RecurrentLayer<Scalar>> clone(bool reversed) const override {
    RNNOptions copy = options_;
    copy.go_backwards = copy.go_backwards != reversed;
    return std::make_shared<RNN>(this->cell().clone(), std::move(copy));
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
