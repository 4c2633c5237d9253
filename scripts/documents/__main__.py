"""Write the generated part of each page anew; what stands above the marker is written by hand and stays."""

from scripts.documents.pages import PAGES, renewed

if __name__ == "__main__":
    for page in PAGES:
        page.write_text(renewed(page), encoding="utf-8")
