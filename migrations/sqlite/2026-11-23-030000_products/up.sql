-- A line that waits for a seat: it is neither sold nor ordered yet.
ALTER TABLE cart_lines ADD COLUMN waiting BOOLEAN NOT NULL DEFAULT FALSE;
-- JSON: what else a line keeps of its product as it was: how a discount is reckoned, when a subscription recurs.
ALTER TABLE cart_lines ADD COLUMN terms TEXT;
-- What is sold of a product, and who waits for it, in order.
DROP INDEX cart_lines_product;
CREATE INDEX cart_lines_product ON cart_lines (organization_id, product_id, waiting, id);
