-- Here an id is the table's own key.
SELECT 1;
