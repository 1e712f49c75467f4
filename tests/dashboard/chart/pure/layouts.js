// A layout as Plotly has drawn it: one subplot, 100 to 600 across and 20 to 360 down.

export const axis = (id, offset, length, range, type = "linear") =>
  ({ _id: id, _offset: offset, _length: length, range, type });

export const layoutOf = () => ({
  width: 800, height: 400,
  xaxis: axis("x", 100, 500, [0, 10]), yaxis: axis("y", 20, 340, [0, 1]),
});
