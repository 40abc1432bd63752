DROP INDEX cart_lines_product;
CREATE INDEX cart_lines_product ON cart_lines (organization_id, product_id);
ALTER TABLE cart_lines DROP COLUMN terms;
ALTER TABLE cart_lines DROP COLUMN waiting;
