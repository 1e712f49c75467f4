"""One folder for each page. Not named pages/: Streamlit would find that folder by itself."""
