// What is written down instead of drawn: the person of the screenshots, enterprises of awkward lengths,
// the chambers whose heads lead a delegation, and the assistant's phone that six guests share.

/** The person of the screenshots and of the scripted run. */
export const OUYANG = { latin: 'OUYANG Jingyi', zh: '欧阳静怡', number: '260926', seat: 'A区 12排 8座', email: 'jingyi.ouyang@example.com', phone: '+65 8000 0926' };

/** Enterprises that the first guests of a place come from. */
export const RESERVED = {
  SG: [{ zh: '东方海洋新材料有限公司', en: 'Orient Ocean New Materials Pte. Ltd.', sector: 'new-energy-materials' }],
  HK: [{ zh: '翊禾', en: 'Yihe', sector: 'cultural-tourism' }],
  JP: [{ zh: '日本东北亚海运与冷链物流株式会社', en: 'Northeast Asia Marine & Cold Chain Logistics K.K.', sector: 'foreign-trade' }],
  CA: [{ zh: '远东与太平洋冷藏食品国际贸易控股有限公司', en: 'Far East & Pacific Refrigerated Foods Holdings (B.C.) Inc.', sector: 'foreign-trade' }],
  DE: [{ zh: '黑林与北海精密传动及自动化系统有限公司', en: 'Schwarzwald-Nordsee Getriebetechnik GmbH', sector: 'advanced-manufacturing' }],
  US: [{ zh: '美国棱堡人工智能', en: 'Bastion Prism AI, Inc.', sector: 'artificial-intelligence' }],
  liaoning: [
    { zh: '辽海北方（大连长兴岛）新能源储能装备制造与技术服务股份有限公司', en: 'Liaohai North New Energy Storage Equipment Co., Ltd.', sector: 'new-energy-materials' },
    { zh: '沈阳浑河右岸城市更新与历史建筑保护利用开发集团有限公司', en: 'Shenyang Right Bank Urban Renewal Group Co., Ltd.', sector: 'real-estate' },
  ],
  xinjiang: [{ zh: '喀什丝路绿洲干鲜果品与民族手工艺进出口有限责任公司', en: 'Kashgar Oasis Fruit & Crafts Import & Export Co., Ltd.', sector: 'foreign-trade' }],
};

/** Chambers of Liaoning entrepreneurs; the first guest of the delegation heads it. All invented. */
export const CHAMBERS = {
  'hong-kong': '旅港辽商联谊总会', macao: '旅澳门辽商联谊会', taiwan: '台北辽商联谊会', japan: '旅日辽商联合会', korea: '旅韩辽商联合会',
  'singapore-malaysia': '新马辽商协会', 'southeast-asia': '湄公爪哇辽商协会', eurasia: '欧亚草原辽商协会', 'western-europe': '西欧辽商协会',
  'central-europe': '中欧辽商协会', 'united-states': '旅美辽商联合会', canada: '旅加辽商联合会', oceania: '大洋洲辽商联合会',
  beijing: '在京辽宁商会', 'tianjin-hebei': '津冀辽宁商会', shanghai: '在沪辽宁商会', 'jiangsu-anhui': '苏皖辽宁商会', zhejiang: '在浙辽宁商会',
  shandong: '在鲁辽宁商会', guangdong: '在粤辽宁商会', 'south-china': '闽桂琼辽宁商会', 'jilin-heilongjiang': '吉黑辽宁商会',
};

/** One assistant answers for these many guests of this delegation. */
export const ASSISTANT = { delegation: 'hong-kong', phone: '+852 5000 0888', guests: 6 };
