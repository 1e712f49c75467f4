"""One thin file a page. Not named pages/: Streamlit would find that folder by itself."""
