//! What a cloud and the proxy beside a fiscal memory say to each other
