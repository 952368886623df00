export const hi = () => 'hi';
