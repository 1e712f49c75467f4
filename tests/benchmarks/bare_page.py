"""The smallest page that shows what ours shows: one slider and one chart of the same size."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go  # type: ignore[import-untyped]
import streamlit as st

q = st.select_slider("q", [f"{value / 1000}" for value in range(50, 1000)], key="contraction")
steps = np.arange(450)
figure = go.Figure(
    [
        go.Scatter(x=steps, y=float(q) ** (steps / (1 + curve)), name=str(curve))
        for curve in range(9)
    ]
)
st.plotly_chart(figure)
