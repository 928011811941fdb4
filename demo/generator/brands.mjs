// What enterprise names are made of, place by place: brands, cities of the mainland, and legal forms.
// All brands are invented; a likeness to an enterprise that exists is chance.

const pairs = (text) => text.trim().split(/\s*;\s*|\n/).filter(Boolean).map((pair) => {
  const [en, zh] = pair.split('=');
  return { en: en.trim(), zh: zh.trim() };
});

/** Brands of English-speaking harbours and of the Chinese overseas. */
export const HARBOUR_BRANDS = pairs(`
Northern Crane=北鹤; Orient Pine=东松; Amber Lantern=珀灯; Jade Harbour=玉津; Red Maple Gate=枫门; Silver Reed=银苇; Nine Willows=九柳
Snow Goose=雪雁; Morning Ferry=晨渡; Long Bridge=长桥渡; Blue Heron Bay=蓝鹭湾; Stone Pagoda=石浮屠; Golden Sorghum=金粱; Tall Reeds=高苇
Winter Plum=冬梅里; Seven Hills=七岭; Liao Tower=辽楼; Bohai Gate=渤门; White Birch=白桦里; Iron Oak=铁栎; Kestrel Point=隼角; Lotus Wharf=莲埠
Salt Marsh=盐泽; Clear Tide=清汐; Bright Anchor=明锚; Moon Terrace=月台坊; Far Meridian=远午线; Copper Bell=铜铃; Quiet Harbour=静港; Pearl Thread=珠缕
Western Ridge=西脊; Sable River=貂河; Four Winds Pier=四风埠; Great Ginkgo=大银杏; Tern Island=燕鸥屿; Cedar Loom=柏织; Old Granary=古廪; Harvest Drum=丰鼓`);

/** Brands in the language of the place. */
export const LOCAL_BRANDS = {
  JP: pairs('Hokurei=北岭; Ryokai=辽海; Seisho=青礁; Minamoura=南浦; Asagiri=朝雾; Tsukimigaoka=月見丘; Kurohama=黑滨; Shirakaba=白桦; Hamanasu=玫瑰; Takamori=高守; Orizuru=折鹤; Mizukagami=水镜'),
  KR: pairs('Haneulbit=天光; Saebyeok=晓星; Gangmaru=江岭; Baekdam=白潭; Sorabyeol=素罗; Dongnae=东川; Noeul=晚霞; Hansol Garam=松江; Mirinae=银河里; Cheongun=青云'),
  MY: pairs('Seri Kenanga=诗里吉兰; Bukit Jati=柚木山'),
  ID: pairs('Melati Samudera=茉莉海; Karya Cendana=檀木; Nusa Kencana=金屿'),
  TH: pairs('Siam Bua Luang=暹罗莲; Doi Ngern=银山; Chao Nam=水王'),
  PH: pairs('Bayan Perlas=珍珠乡; Luntian=绿野'),
  VN: pairs('Sen Vàng=金莲; Sông Biếc=碧江; Trúc Xanh=翠竹'),
  KH: pairs('Angkor Phka=吴哥花'),
  MN: pairs('Tal Nutag=塔勒草原; Khökh Tolgoi=青丘'),
  KZ: pairs('Ak Zhol Dala=白路; Altyn Kyran=金鹰'),
  RU: pairs('Amurskaya Volna=阿穆尔浪; Severny Kedr=北方雪松; Taigastal=泰加钢; Belaya Bukhta=白湾; Vostok Prichal=东码头'),
  AE: pairs('Al Safwa Bay=萨夫瓦湾; Dune Pearl=沙珠; Rimal=里马勒'),
  SA: pairs('Najd Horizon=内志'),
  TR: pairs('Kuzey Çınar=北梧桐; Gümüşdere=银溪'),
  ZA: pairs('Umthunzi=乌姆顿齐; Protea Ridge=帝王花岭'),
  EG: pairs('Nile Papyrus=纸草'),
  KE: pairs('Mlima Jua=日山'),
  GB: pairs('Ashdown Mill=阿什顿; Thornbury Vale=索恩谷; Pennine Lark=奔宁'),
  FR: pairs('Valombre=瓦隆布; Roche-Claire=清岩; Belleforge=贝勒福; Aubépine=山楂'),
  NL: pairs('Zeewilg=海柳; Polderlicht=低地光'),
  BE: pairs('Scheldepoort=斯海尔德门'),
  DE: pairs('Ahornfeld=枫野; Nordhafen Falk=北港隼; Eichengrund=橡谷; Silbertanne=银杉; Rheinquell=莱茵泉'),
  AT: pairs('Steinadler Alpin=石鹰'),
  CH: pairs('Gletscherblick=冰川; Murtal=穆尔塔'),
  SE: pairs('Norrbjörk=北桦; Granvik=云杉湾'),
  PL: pairs('Złoty Żubr=金野牛; Wiślana Brama=维斯瓦门'),
  HU: pairs('Tiszavirág=蒂萨花; Aranyhíd=金桥'),
  RS: pairs('Dunavski Hrast=多瑙橡'),
  IT: pairs('Monteverde Alto=高绿山; Fiumalba=晨河; Torre Serena=静塔'),
  ES: pairs('Alcornoque=栓皮栎; Ribera Clara=清岸; Puerto Alondra=云雀港'),
  PT: pairs('Quinta do Loureiro=月桂园; Mar Sereno=静海'),
  GR: pairs('Thalassa Pelion=皮立翁'),
  US: pairs('Larkspur Creek=飞燕溪; Mesa Junction=台地; Granite Fork=花岗岔; Prairie Beacon=草原灯塔'),
  CA: pairs('Tamarack Bay=落叶松湾; Loon Lake=潜鸟湖; Red Cedar Sound=红柏峡'),
  MX: pairs('Cerro Jacaranda=蓝花楹'),
  BR: pairs('Ipê Dourado=金铃木; Rio Araucária=南洋杉河'),
  AR: pairs('Pampa Ceibo=潘帕斯赛波; Estancia Alerce=阿莱塞'),
  AU: pairs('Wattle Creek=金合欢溪; Bluegum Harbour=蓝桉港; Banksia Point=班克木'),
  NZ: pairs('Kowhai Bay=槐花湾; Rata Valley=拉塔谷'),
};

const list = (text) => text.split(' ').map((pair) => {
  const [zh, en] = pair.split('=');
  return { zh, en };
});

/** Where enterprises of the mainland are registered. */
export const CITIES = {
  liaoning: list('沈阳=Shenyang 沈阳=Shenyang 大连=Dalian 大连=Dalian 鞍山=Anshan 抚顺=Fushun 本溪=Benxi 丹东=Dandong 锦州=Jinzhou 营口=Yingkou 阜新=Fuxin 辽阳=Liaoyang 盘锦=Panjin 铁岭=Tieling 朝阳=Chaoyang 葫芦岛=Huludao'),
  beijing: list('北京=Beijing'), tianjin: list('天津=Tianjin'), shanghai: list('上海=Shanghai'), chongqing: list('重庆=Chongqing'),
  hebei: list('石家庄=Shijiazhuang 唐山=Tangshan 秦皇岛=Qinhuangdao 廊坊=Langfang'),
  jiangsu: list('南京=Nanjing 苏州=Suzhou 无锡=Wuxi 常州=Changzhou 昆山=Kunshan'),
  anhui: list('合肥=Hefei 芜湖=Wuhu'), zhejiang: list('杭州=Hangzhou 宁波=Ningbo 温州=Wenzhou 义乌=Yiwu'),
  shandong: list('青岛=Qingdao 烟台=Yantai 济南=Jinan 威海=Weihai'),
  guangdong: list('深圳=Shenzhen 广州=Guangzhou 佛山=Foshan 东莞=Dongguan 珠海=Zhuhai'),
  fujian: list('厦门=Xiamen 福州=Fuzhou 泉州=Quanzhou'), guangxi: list('南宁=Nanning 北海=Beihai'), hainan: list('海口=Haikou 三亚=Sanya'),
  jilin: list('长春=Changchun 吉林=Jilin 延吉=Yanji'), heilongjiang: list('哈尔滨=Harbin 大庆=Daqing 齐齐哈尔=Qiqihar'),
  neimenggu: list('呼和浩特=Hohhot 包头=Baotou 通辽=Tongliao 赤峰=Chifeng'), shanxi: list('太原=Taiyuan 大同=Datong'),
  henan: list('郑州=Zhengzhou 洛阳=Luoyang'), hubei: list('武汉=Wuhan 宜昌=Yichang'), hunan: list('长沙=Changsha 株洲=Zhuzhou'), jiangxi: list('南昌=Nanchang'),
  sichuan: list('成都=Chengdu 绵阳=Mianyang'), guizhou: list('贵阳=Guiyang'), yunnan: list('昆明=Kunming'),
  shaanxi: list("西安=Xi'an 宝鸡=Baoji"), gansu: list('兰州=Lanzhou'), xinjiang: list('乌鲁木齐=Urumqi 喀什=Kashgar'),
};

const COMPANY = ['有限公司', '有限公司', '有限公司', '集团有限公司'];
const form = (zh, after, { before = '', words = 'en', english = false, zhForms = COMPANY } = {}) => ({ zh, before, after, words, english, zhForms });
const english = { english: true };
const KK = { zhForms: ['株式会社'] };

/** How an enterprise of a place is called: the place in Chinese, what stands before and after its name. */
export const FORMS = {
  HK: form('香港', 'Limited', english), MO: form('澳门', 'Limitada', english), TW: form('台北', 'Co., Ltd.', english),
  JP: form('日本', 'Co., Ltd.', KK), KR: form('韩国', 'Co., Ltd.', KK),
  SG: form('新加坡', 'Pte. Ltd.', english), MY: form('马来西亚', 'Sdn. Bhd.', english), PH: form('菲律宾', 'Inc.', english),
  ID: form('印尼', '', { before: 'PT' }), TH: form('泰国', 'Co., Ltd.'), VN: form('越南', 'JSC', { zhForms: ['股份公司'] }), KH: form('柬埔寨', 'Co., Ltd.'),
  MN: form('蒙古', 'LLC'), KZ: form('哈萨克斯坦', 'LLP'), RU: form('俄罗斯', 'LLC', { zhForms: ['有限责任公司'] }),
  AE: form('阿联酋', 'FZE', english), SA: form('沙特', 'Co. LLC'), TR: form('土耳其', 'A.Ş.'),
  ZA: form('南非', '(Pty) Ltd', english), EG: form('埃及', 'S.A.E.'), KE: form('肯尼亚', 'Ltd'),
  GB: form('英国', 'Ltd', english), FR: form('法国', 'SAS', { words: 'fr' }), NL: form('荷兰', 'B.V.'), BE: form('比利时', 'NV'),
  DE: form('德国', 'GmbH', { words: 'de' }), AT: form('奥地利', 'GmbH', { words: 'de' }), CH: form('瑞士', 'AG', { words: 'de' }),
  SE: form('瑞典', 'AB'), PL: form('波兰', 'Sp. z o.o.'), HU: form('匈牙利', 'Kft.'), RS: form('塞尔维亚', 'd.o.o.'),
  IT: form('意大利', 'S.r.l.', { words: 'it' }), ES: form('西班牙', 'S.L.', { words: 'es' }), PT: form('葡萄牙', 'Lda.', { words: 'pt' }), GR: form('希腊', 'S.A.'),
  US: form('美国', 'Inc.', english), CA: form('加拿大', 'Inc.', english),
  MX: form('墨西哥', 'S.A. de C.V.', { words: 'es' }), BR: form('巴西', 'Ltda.', { words: 'pt' }), AR: form('阿根廷', 'S.R.L.', { words: 'es' }),
  AU: form('澳大利亚', 'Pty Ltd', english), NZ: form('新西兰', 'Limited', english),
};
